"""Writes the starting corpus of one fuzz target: seeds.py TARGET DIRECTORY

Recorded traffic comes from $PUNCHD_CAPTURES when it is there; the shapes below are always used.
"""

import base64
import glob
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import zipfile

REQUESTS = [
	b"GET /iclock/getrequest?SN=0316144680030 HTTP/1.1\r\nHost: h:8011\r\n"
	b"User-Agent: iClock Proxy/1.09\r\nConnection: close\r\nAccept: */*\r\n\r\n",
	b"GET /iclock/getrequest?SN=1&INFO=Ver 6.39 Apr 28 2008,2,0,0,10.0.0.1 HTTP/1.1\r\n\r\n",
	b"POST /iclock/cdata?SN=1&table=ATTLOG&Stamp=9999 HTTP/1.0\r\nContent-Length: 26\r\n\r\n"
	b"1\t2026-07-01 08:00:00\t0\t1\n",
	b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nabcd\r\n0\r\nT: v\r\n\r\n",
	b"POST / HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
	b"GET /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: starting\r\n\r\n"
	b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n",
]
QUERIES = [
	b"SN=1&table=ATTLOG&Stamp=9999",
	b"page=1&&page_size=10&emp_code=&ordering=+-id&start_time=2024-01-01%2000:00:00",
	b"employees=1&employees=2&area[]=1&area[0]=3&x=%zz%4",
	b"employee_icontains=a%27b&departments=1,2,x&areas=-1&search=%e2%82%ac&page=last",
]
MOMENTS = [
	b"2026-11-02", b"2026-11-02T02:39:00Z", b"2026-11-02 08:09:00.123456+05:30", b"2025-10-26T02:30:00 01:00",
	b"2026-11-02 08:09 -0330", b"0001-01-01T00:00:00+14", b"9999-12-31 23:59:59.9-12", b"2025-03-30 02:30:00",
]
COOKIES = [
	b"a=b; punchd_session=" + b"ab" * 32 + b"; c", b"punchd_session=1; punchd_session=2", b";;= ;punchd_session=",
	b"personnel.view_employee iclock.* *.view_* personnel.*_credential", b"*.*_* att.add_leave base.view_auditlog",
]
WEBTOKENS = [
	b'{"typ":"JWT","alg":"HS256"}\n{"user_id":1,"exp":2000,"orig_iat":1,"token_type":"refresh"}',
	b'{"typ":"JWT","alg":"HS256","kid":"0123456789abcdef"}\n{"user_id":1,"username":"admin","exp":2000,"email":""}',
	b'{"typ":"JWT","alg":"none"}\n{"user_id":1,"exp":1e3}', b'{"alg":"RS256"}\n[]', b"{}\n", b"\n{}", b"a.b.c", b"..",
	b"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoxfQ.",
]
RECORDS = [
	b"1\t2026-07-01 08:00:00\t0\t1\n",
	b"18292\t2026-07-16 01:59:44\t255\t15\t0\t0\t0\t0\t0\t0\t\n",
	b"1\t2024-07-28 01:25:24\t0\t1\t\t0\t0\t\r\n",
	b"3\t1971--10--29 -23:-27:-54\t255\t15\n982 2008-02-25 12:08:21 1 0\n\n",
	b"USER PIN=4\tName=User3\tPri=0\tPasswd=1234\tCard=[15CD5B07]\tGrp=1\tTZ=0000000100000000\n"
	b"FP PIN=4\tFID=6\tSize=8\tValid=1\tTMP=TcdTUzIx==\nOPLOG 108\t0\t2026-08-08 06:38:34\tKeyPadBeep\t0\t0\t0\n",
	b"BIODATA Pin=9001\tNo=0\tIndex=0\tValid=1\tDuress=0\tType=9\tMajorVer=39\tMinorVer=3\tFormat=0\tTmp=AAAA\n",
	b"userpic pin=4\tfilename=4.jpg\nSize= 12 \r\nContent=\r\n/9j/\r\n \t\r\n  4AAQ\r\nPIN==\r\nPIN=5\tTMP=AA\nAA\tValid=1\n",
	b"FP PIN=4\tTMP=AAAA\n@@@@ x\nNEW A=1\nBBBB\nFP PIN=5\nFID=1\nTMP=AAAA\t\nAAA=\nFID=2\n",
	b"~DeviceName=X,MAC=00:17,~OEMVendor=ZKTECO CO., LTD.,FPVersion=10,IPAddress=1.2.3.4,\n",
	b"PIN=20150731103012-123.jpg\nSN=0316144680030\nsize=4\nCMD=uploadphoto\0\xff\xd8\xff\xe0",
	b"ZAM180-NF50VA-Ver3.4.10,1,0,16,192.168.0.25,10,39,12,1,01110,0,0,0",
	b"\xef\xbb\xbfUSER PIN=48 Name=Al Lee Pri=0\n  USER PIN= 7 \tName = x\nOPLOG 6 0 2026-08-08 06:38:34 7\n",
	b"  7\t 2026-07-01 08:00:00 \t O\tx\n48;Name=Al\t2026-07-01 08:00:00\n",
	b"user uid=1\tcardno=7\tpin=1\tpassword=9\tname=A\tprivilege=14\ntemplatev10 pin=1\tfingerid=22\tvalid=1\ttemplate=AA\n",
	b"~DeviceName=X\tFWVersion=Ver 6.60 Sep 19 2019 UserCount=5; MAC=\r\nA=1,,B=2",
	b"SN=1&INFO=Ver+8%2B,1,+2",
]
CARDS = [b"0007654321", b"[15CD5B07]", b"[0000000000]", b"1.23457E+11", b" 18446744073709551615\t", b"B1CB740000", b"-5"]
RESULTS = [
	b"ID=1&Return=0&CMD=DATA\nID=2&Return=-1004&CMD=DATA\nID=3&Return=0&CMD=CHECK",
	b"ID=32\nReturn=0\nCMD=Shell\nContent=Tue Mar 24\n",
	b"ID=7&Return=0&CMD=INFO\n~DeviceName=SpeedFace-V5L\nMAC=00:17\n",
	b"ID=9&SN=1&return=0&CMD=VERIFY SUM&StartTime=a&EndTime=b&AttlogSum=17",
]
LINES = [
	b"REBOOT", b"SET OPTION Delay=10", b"SET OPTION WebServerIP=10.0.0.1", b"SHELL ls", b"PutFile http://h/a\t/b",
	b"DATA QUERY ATTLOG StartTime=2026-07-01 00:00:00\tEndTime=2026-07-31 23:59:59", b"DATA QUERY USERINFO",
	b"ENROLL_BIO TYPE=9\tPIN=123\tCardNo=\tRETRY=3\tOVERWRITE=1", b"DATA UPDATE USERINFO PIN=1\tPasswd=1",
]
JSON = [
	b'{"emp_code":"1001","department":1,"area":[1,"2"],"hire_date":null,"gender":"F"}',
	b'{"employees":"1,2","areas":[],"disableatt":0,"resign_type":1.0,"reason":"\\u20ac\\ud83d"}',
	b'[1,2,{"a":{"b":[true,false,null,-1e308]}}]',
	b'{"username":"admin","password":"x","a":"' + b"\\\\" * 20 + b'"}',
]

GPS = [
	b'{"GPSInfo":"22.6,113.9"}',
	b'{"GPSInfo":{"Longitude":"113.9","latitude":-22.6}}',
	b'{"gpsinfo":-1}',
]


def packages():
	"""For fuzz_tgz: a package behind an odd byte, a tar behind an even one."""
	out = io.BytesIO()
	with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
		for name, text in (("a.txt", RECORDS[4]), ("b/c.txt", b"OPLOG 1")):
			info = tarfile.TarInfo(name)
			info.size = len(text)
			tar.addfile(info, io.BytesIO(text))
	return [b"\1" + gzip.compress(out.getvalue()), b"\0" + out.getvalue()]


TEMPLATES = [b"7-12-1800000000-" + b"0123456789abcdef" * 4 + b".jpg", b"852\0TcdTUzIxAA==",
	b"1\nC:9:REBOOT\0AA\tValid=0\r\nC:8:CLEAR DATA"]


HEADERS = [b"\x08\x00emp_code, days ,0101", b"\xff\xffdays,days,nonsense", b"\x00\x00,,days"]

# the first byte chooses the content type
PICTURES = [b"\x00--cut\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n"
	b"\xff\xd8\xff\xe0x\r\n--cut--", b"\x01{\"photo\":\"data:image/jpeg;base64,/9j/4A==\",\"employee\":7}",
	b"\x02photo=%2F9j%2F4A%3D%3D", b"\x03\xff\xd8\xff\xe0x", b"\x04x"]


def captured():
	requests, queries, records, results = [], [], [], []
	for path in glob.glob(os.path.join(os.environ.get("PUNCHD_CAPTURES", ""), "*.jsonl")):
		with open(path, encoding="utf-8") as lines:
			for line in lines:
				c = json.loads(line)
				body = base64.b64decode(c["req_body_b64"]) if c.get("req_body_b64") else (
					c.get("req_body") or "").encode()
				target = (c.get("target") or "").encode()
				if c.get("resp_body"):
					results.append(c["resp_body"].encode())
				if not target:
					continue
				head = "".join(h + "\r\n" for h in c.get("req_headers") or [])
				requests.append(c["method"].encode() + b" " + target + b" HTTP/1.1\r\n"
					+ head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
				queries.append(target.partition(b"?")[2])
				(results if b"devicecmd" in target else records).append(body)
	return requests, queries, records, results


CSV = [
	b"\x01\x00id,emp_code,punch_time\r\n1,1001,2024-05-02 08:59:58\r\n",
	b"\x00\x00\xef\xbb\xbfid;name\n1;\"M\xc3\xbcller, \"\"Jo\"\"\"\n2;\n3;\"\"\n",
	b"\x03\x01id\tname\n1\t\"two\nlines\"\n2\t\\N\n",
	b"\x02\x02a;b\r\"open",
]
TABLE = [b"emp_code,first_name\r\n1001,\"Ann, \"\"B\"\"\"\r\n1002,'=1+1\n",
	b"\xef\xbb\xbfemp_code;punch_time\n7;2024-05-02 08:59:58\n", b"a\tb\n1\t2\t3\n",
	b"        7\t2026-11-02 08:12:00\t1\t0\t1\t0\t0\r\n", b"sep=;\nEmployee ID;Date;Time;State\n7;2/11/2026;8:12 p. m.;C/In\n",
	"\ufeffPunches\nEmployee ID\tDate\n7\t2-Nov-26 8:12:00 AM\n".encode("utf-16-le")]
SHEET = ('<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
	'<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>x</t></is></c></row>'
	'<row r="3"><c t="n"><v>45414.375</v></c><c t="b"><v>1</v></c><c t="str"><f>1</f><v>y</v></c></row>'
	'</sheetData></worksheet>')


def workbook(sheet=SHEET):
	"""A workbook (.xlsx) with one sheet."""
	ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
	parts = {
		"xl/workbook.xml": '<workbook %s xmlns:r="http://schemas.openxmlformats.org/officeDocument/'
			'2006/relationships"><workbookPr date1904="0"/><sheets><sheet name="S" sheetId="1"'
			' r:id="rId1"/></sheets></workbook>' % ns,
		"xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/'
			'2006/relationships"><Relationship Id="rId1" Type="t" Target="worksheets/sheet1.xml"/>'
			'</Relationships>',
		"xl/sharedStrings.xml": '<sst %s><si><t>emp_code</t></si><si><r><t>a</t></r></si></sst>' % ns,
		"xl/worksheets/sheet1.xml": sheet,
	}
	out = io.BytesIO()
	with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
		for name, text in parts.items():
			z.writestr(name, text)
	return out.getvalue()


ADDRESSES = [b"10.0.0.0/8, 192.168.1.7,2001:db8::/32", b"::1", b"::ffff:1.2.3.4", b"[2001:db8::1]:80", b"1.2.3.4:80", b"0.0.0.0/0",
	b"10.0.0.0/33", b"fe80::1/129", b"1.2.3", b",", b"a, b", b"203.0.113.1, 10.0.0.1, unknown"]

PROXY_HEADERS = [b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\nGET / HTTP/1.1\r\n\r\n", b"PROXY UNKNOWN ::1 ::1 1 2\r\n",
	b"PROXY TCP6 2001:db8::7 ::1 0 65535\r\n"] + [b"\r\n\r\n\0\r\nQUIT\n" + rest for rest in (
	b"\x21\x11\0\x0f\xc0\0\x02\x07\x0a\0\0\x01\xdc\x04\x01\xbb\x04\0\0GET", b"\x20\0\0\0", b"\x21\x21\0\x24" + bytes(range(36)),
	b"\x21\x31\0\xd8" + bytes(216))]


def tables():
	"""For fuzz_table: the first byte says what the rest is."""
	form = (b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n"
		+ TABLE[0] + b"\r\n--b--\r\n")
	return ([b"f" + t for t in TABLE] + [b"f" + workbook(), b"x" + SHEET.encode(), b"m" + form])


def main():
	target, directory = sys.argv[1:]
	requests, queries, records, results = captured()
	kinds = [
		(("http", "parse", "chunk"), REQUESTS + requests),
		(("query", "form", "param", "filter", "url"), QUERIES + queries),
		(("record", "punch", "info", "option", "text", "photo"), RECORDS + records),
		(("devicecmd", "result"), RESULTS + results),
		(("json", "body"), JSON + QUERIES),
		(("template",), TEMPLATES),
		(("gps",), GPS),
		(("card",), CARDS),
		(("tgz",), packages()),
		(("command_line",), LINES),
		(("erase_names",), [b"\x017" + s for s in RECORDS + [b"7\t2026-05-04 08:00:00\t0\t1\n",
			b"USER PIN=7\tName=a\n", b"PIN=20260504083000-7.jpg\nSN=1\n"]]),
		(("moment",), MOMENTS),
		(("rights",), COOKIES),
		(("webtoken",), WEBTOKENS),
		(("report",), HEADERS),
		(("picture",), PICTURES),
		(("csv",), CSV),
		(("proxy_header",), PROXY_HEADERS),
		(("proxy",), ADDRESSES),
		(("table",), tables()),
	]
	seeds = [s for words, some in kinds if any(w in target for w in words) for s in some]
	if not seeds:
		seeds = [s for _, some in kinds for s in some]
	os.makedirs(directory, exist_ok=True)
	for seed in seeds:
		with open(os.path.join(directory, hashlib.sha1(seed).hexdigest()), "wb") as f:
			f.write(seed)


main()
