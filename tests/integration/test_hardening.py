"""What stands in an attacker's way: the release binary's build, the process at work, the unit file, the
container, the Debian package."""

import os
import platform
import re
import shutil
import subprocess

import pytest

from punchd_test.server import ROOT, punchd_bin

BUILDS = [p for p in (os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(punchd_bin()))), name, "server", "punchd")
	for name in ("release", "clang")) if os.path.exists(p)]


def text_of(*path):
	with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
		return f.read()


def readelf(*args):
	return subprocess.run(["readelf", "-W", *args], check=True, capture_output=True, text=True).stdout


@pytest.fixture(params=BUILDS or [None])
def binary(request):
	"""Each release build that there is; ./test makes one with clang before it comes here."""
	if not request.param:
		pytest.skip("no release build")
	return request.param


def test_the_binary(binary):
	head, dynamic, segments = readelf("-h", binary), readelf("-d", binary), readelf("-l", binary)
	assert re.search(r"Type:\s+DYN \(Position-Independent Executable", head)
	assert re.search(r"FLAGS_1.*\bPIE\b", dynamic) and re.search(r"\bBIND_NOW\b|\bNOW\b", dynamic)
	assert "GNU_RELRO" in segments and "TEXTREL" not in dynamic and "RPATH" not in dynamic and "RUNPATH" not in dynamic
	assert re.search(r"GNU_STACK.* RW +0x", segments), "the stack cannot be executed"
	assert not re.search(r"LOAD.* RWE", segments)
	symbols = readelf("--dyn-syms", binary)
	assert "__stack_chk_fail" in symbols
	assert len(set(re.findall(r"__\w+_chk\b", symbols)) - {"__stack_chk_fail"}) >= 4, "_FORTIFY_SOURCE"
	if platform.machine() == "x86_64":
		# the mark of the whole file is the linker's to give, which asks for it of Debian's crt1.o too
		code = subprocess.run(["objdump", "-d", "--disassemble=main", "--no-show-raw-insn", binary], check=True,
			capture_output=True, text=True).stdout
		assert re.search(r"<main>:\n\s*[0-9a-f]+:\s+endbr64", code), "CET"


def test_the_process_keeps_its_memory_to_itself(server):
	assert re.search(r"Max core file size +0 +0 ", open("/proc/%d/limits" % server.process.pid, encoding="utf-8").read())
	status = open("/proc/%d/status" % server.process.pid, encoding="utf-8").read()
	assert re.search(r"NoNewPrivs:\s+1", status)
	if os.getuid() == 0:  # root sees a process that is not dumpable as root's, others' not at all
		probe = subprocess.run(["runuser", "-u", "nobody", "--", "cat", "/proc/%d/environ" % server.process.pid],
			capture_output=True, check=False)
		assert probe.returncode != 0
	else:
		with pytest.raises(PermissionError):
			open("/proc/%d/environ" % server.process.pid, "rb")


@pytest.mark.skipif(os.getuid() != 0, reason="reads another process's maps")
def test_keys_are_left_out_of_dumps(server):
	"""The heap of keys: locked as far as the limit allows, and not dumped."""
	maps = open("/proc/%d/smaps" % server.process.pid, encoding="utf-8").read()
	flags = re.findall(r"VmFlags: (.*)", maps)
	assert any("dd" in f.split() and "lo" in f.split() for f in flags), "a region with MADV_DONTDUMP that is locked"


def test_the_unit():
	unit = text_of("packaging", "punchd.service")
	for line in ("User=punchd", "NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes", "PrivateDevices=yes",
			"CapabilityBoundingSet=", "SystemCallFilter=@system-service", "MemoryDenyWriteExecute=yes",
			"RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", "RestrictNamespaces=yes", "LimitCORE=0", "UMask=0077"):
		assert line in unit.splitlines(), line
	if not shutil.which("systemd-analyze"):
		pytest.skip("no systemd-analyze")
	r = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", os.path.join(ROOT, "packaging", "punchd.service")],
		capture_output=True, text=True, check=False)
	exposure = re.search(r"Overall exposure level.*?: ([0-9.]+)", r.stdout)
	assert exposure and float(exposure.group(1)) <= 2.0, r.stdout[-500:] + r.stderr


def test_the_container():
	compose = text_of("docker", "compose.yaml")
	services = re.split(r"(?m)^  (?=\w+:$)", compose[compose.index("services:"):compose.index("\nvolumes:")])[1:]
	assert [s.split(":")[0] for s in services] == ["init", "postgres", "punchd"]
	for service in services:
		for line in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true"):
			assert line in service, (service.split(":")[0], line)
		for image in re.findall(r"image: (\S+)", service):
			assert image == "punchd" or re.search(r":\d+\.\d+-\w+$", image), "%s is one release" % image
	for port in re.findall(r'- "(.*:8081)"', compose):
		assert port.startswith("${PUNCHD_ADDRESS:-127.0.0.1}:"), "plain HTTP is not for everybody"
	assert re.search(r"^USER punchd$", text_of("docker", "Dockerfile"), re.M)


def test_the_package(tmp_path):
	"""Made of a build by cpack; what it holds, who owns it, what its scripts do."""
	if not all(shutil.which(x) for x in ("cpack", "dpkg-deb", "dpkg-shlibdeps")):
		pytest.skip("no cpack or dpkg-dev")
	build = str(tmp_path / "build")
	run = lambda *argv: subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout
	if not BUILDS:
		pytest.skip("no release build")
	run("cmake", "--preset", "package", "-B", build, "-DCMAKE_SKIP_INSTALL_ALL_DEPENDENCY=ON")
	# the programs of a release build that is there, in place of building them once more
	for name in ("punchd", "punchsim"):
		target = os.path.join(build, "server" if name == "punchd" else "punchsim", name)
		os.makedirs(os.path.dirname(target), exist_ok=True)
		shutil.copy2(BUILDS[0] if name == "punchd" else os.path.join(os.path.dirname(os.path.dirname(BUILDS[0])), "punchsim", name),
			target)
	run("cpack", "--config", build + "/CPackConfig.cmake", "-B", str(tmp_path))
	deb, = [str(p) for p in tmp_path.glob("*.deb")]
	files = {x.split()[5].lstrip("."): x.split() for x in run("dpkg-deb", "-c", deb).splitlines()}
	for path, mode in (("/usr/bin/punchd", "-rwxr-xr-x"), ("/usr/bin/punchsim", "-rwxr-xr-x"),
			("/lib/systemd/system/punchd.service", "-rw-r--r--"), ("/etc/punchd/punchd.conf", "-rw-r-----"),
			("/usr/share/doc/punchd/SECURITY.md", "-rw-r--r--")):
		assert path in files, sorted(files)
		assert files[path][0] == mode and files[path][1] == "root/root", files[path]
	control = run("dpkg-deb", "-f", deb)
	assert re.search(r"^Package: punchd$", control, re.M) and "libpq5" in control and "adduser" in control
	run("dpkg-deb", "-e", deb, str(tmp_path / "control"))
	assert (tmp_path / "control" / "conffiles").read_text() == "/etc/punchd/punchd.conf\n"
	for script, word in (("postinst", "adduser --system"), ("postrm", "purge"), ("prerm", "disable --now")):
		path = tmp_path / "control" / script
		assert word in path.read_text() and os.access(path, os.X_OK)
		subprocess.run(["sh", "-n", str(path)], check=True)
	run("dpkg-deb", "-x", deb, str(tmp_path / "root"))
	out = subprocess.run([str(tmp_path / "root/usr/bin/punchd"), "config", "--config", str(tmp_path / "root/etc/punchd/punchd.conf")],
		capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
	assert out.returncode == 0 and "/var/lib/punchd/data" in out.stdout, out.stderr
