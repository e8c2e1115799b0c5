"""nginx with one worker that answers everything with 200 OK: the yardstick of heartbeats."""

import os
import shutil
import subprocess
import tempfile

from punchd_test.net import free_port
from punchd_test.wait import wait_until

CONF = """
worker_processes 1;
worker_rlimit_nofile 30000;
daemon off;
pid %(dir)s/pid;
error_log %(dir)s/error.log;
events { worker_connections 20000; }
http {
	access_log off;
	keepalive_requests 4000000000;
	client_body_temp_path %(dir)s/body;
	proxy_temp_path %(dir)s/proxy;
	fastcgi_temp_path %(dir)s/fastcgi;
	uwsgi_temp_path %(dir)s/uwsgi;
	scgi_temp_path %(dir)s/scgi;
	server {
		listen 127.0.0.1:%(port)d backlog=4096;
		default_type text/plain;
		location / { return 200 'OK'; }
	}
}
"""


class Nginx:
	def __init__(self):
		program = shutil.which("nginx") or "/usr/sbin/nginx"
		self.dir = tempfile.mkdtemp(prefix="punchd-nginx-")
		self.port = free_port()
		conf = os.path.join(self.dir, "nginx.conf")
		with open(conf, "w", encoding="utf-8") as f:
			f.write(CONF % {"dir": self.dir, "port": self.port})
		self.process = subprocess.Popen([program, "-c", conf, "-e", os.path.join(self.dir, "error.log")],
			stdin=subprocess.DEVNULL)
		self.worker = wait_until(self._worker, 10, "nginx has its worker")

	def _worker(self):
		with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid),
				encoding="utf-8") as f:
			children = f.read().split()
		return int(children[0]) if children else None

	@property
	def device_address(self):
		return ("127.0.0.1", self.port)

	def stop(self):
		self.process.terminate()
		self.process.wait(20)
		shutil.rmtree(self.dir, ignore_errors=True)
