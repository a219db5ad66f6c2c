"""Starts services as their containers would: see deploy/check/image, which prepares what this needs.

The image's files are put together in a folder; a mount namespace makes it the read-only root of the program, a network
namespace gives it the ports of the manifests. The broker cannot be reached from there, and must not be needed to be ready."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from .namespaces import forward, mount, raise_loopback
from .program import Program
from .world import World, pod, render

ROOT = pathlib.Path(__file__).resolve().parents[3]
USER = 65532
# What distroless/cc has of a program's libraries, and its version of glibc.
LIBRARIES = re.compile(r"(linux-vdso|libc|libm|libdl|libpthread|librt|libgcc_s|ld-linux-[\w-]+)\.so\.\d+$")
GLIBC = (2, 36)
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
POSTGRES = 5432
READY_WITHIN_S = 30
STOPS_WITHIN_S = 20


# Ways to be wrong, each of which must be seen: service, settings that are put over its own, user.
WRONGS = {
    "files on a disk that cannot be written": ("attachments", {"CROSSDESK__FILES__STORE_URL": "file:///files"}, USER),
    "a setting that does not exist": ("desk", {"CROSSDESK__HTTP__PROT": "8080"}, USER),
    "a secret that is not there": ("gateway", {"CROSSDESK__AUTH__SERVICE_SECRET_FILE": "/secrets/none"}, USER),
    "a drain beyond the time to stop": ("gateway", {"CROSSDESK__HTTP__DRAIN_MS": "21000"}, USER),
    "root": ("gateway", {}, 0),
}


class Wrong(Exception):
    """The image would not work."""


def main():
    """Checks the services that are named, or all; with --prove also that what is wrong is seen."""
    arguments = sys.argv[1:]
    if arguments[0] == "--inside":
        return inside(*arguments[1:])
    proves = "--prove" in arguments
    binaries, *names = [argument for argument in arguments if argument != "--prove"]
    wanted = {name: (name, {}, USER) for name in names or sorted(Program(ROOT).services)}
    wanted |= WRONGS if proves else {}
    with tempfile.TemporaryDirectory(prefix="crossdesk-image.") as work:
        os.chmod(work, 0o755)
        work = pathlib.Path(work)
        (work / "files").mkdir()
        subprocess.run([ROOT / "deploy/config/compose/make-secrets", work / "secrets", work / "files"], check=True)
        runs = {what: Run(work, ROOT / binaries, index, *how) for index, (what, how) in enumerate(wanted.items())}
        failed = sum(report(what, run) for what, run in runs.items())
    print(f"{len(runs) - failed} passed, {failed} failed")
    return 1 if failed else 0


def report(what, run):
    """Prints how a run ended. Returns 1 if it was not as it should be."""
    works, output = run.outcome()
    is_right = works != (what in WRONGS)
    title = f"image with {what}" if what in WRONGS else f"image {what}"
    print(f"{'ok  ' if is_right else 'FAIL'} {title}: {output}", flush=True)
    return 0 if is_right else 1


class Run:
    """A service that is started within namespaces of its own, with a database of its own."""

    def __init__(self, work, binaries, index, name, settings, user):
        self.problem, self.process = None, None
        self.database = f"image_check_{index}"
        root = work / str(index) / "root"
        try:
            assemble(binaries / name, root)
            secrets = work / str(index) / "secrets"
            # Owners, too: the files are the service's.
            subprocess.run(["cp", "-a", work / "secrets" / name, secrets], check=True)
            folder = make_database(self.database, secrets)
        except (Wrong, subprocess.CalledProcessError) as error:
            self.problem = str(error)
            return
        python = [sys.executable, "-m", "manifests.running", "--inside"]
        command = [
            "unshare",
            "--mount",
            "--net",
            *python,
            name,
            str(root),
            str(secrets),
            folder,
            json.dumps(settings),
            str(user),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def outcome(self):
        """Whether it works, and what there is to say."""
        if self.process is None:
            return False, self.problem
        output, _ = self.process.communicate()
        query(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")
        return self.process.returncode == 0, " ".join(output.split())[-400:]


def assemble(binary, root):
    """The files of the image: the program, its libraries, certificates."""
    for folder in ("proc", "dev", "secrets", "etc/ssl/certs"):
        (root / folder).mkdir(parents=True)
    shutil.copy(binary, root / "service")
    os.chmod(root / "service", 0o755)
    listed = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        name = line.split()[0]
        if not LIBRARIES.search(name):
            raise Wrong(f"the program needs {name}, which the image does not have")
        path = next((word for word in line.split() if word.startswith("/")), None)
        if path:
            target = root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    versions = subprocess.run(
        ["readelf", "--version-info", "--wide", binary], capture_output=True, text=True, check=True
    ).stdout
    newest = max((int(a), int(b)) for a, b in re.findall(r"GLIBC_(\d+)\.(\d+)", versions))
    if newest > GLIBC:
        raise Wrong(f"the program needs glibc {newest}, the image has {GLIBC}")
    if os.path.exists(CERTIFICATES):
        shutil.copy(CERTIFICATES, root / CERTIFICATES.lstrip("/"))


def make_database(database, secrets):
    """A database, and its URL among the service's secrets. Returns the folder of the server's socket."""
    user, _, host = urllib.parse.urlsplit(os.environ["TEST_DATABASE_URL"]).netloc.rpartition("@")
    folder = urllib.parse.unquote(host)
    if not folder.startswith("/"):
        raise Wrong("the test's PostgreSQL must be reached by a socket")
    query(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    query(f"CREATE DATABASE {database}")
    made = {"database-url": f"postgres://{user}@127.0.0.1:{POSTGRES}/{database}"}
    # Those that the composed form, with its files on a volume, does not have.
    made |= {key: "made-up" for key in ("s3-access-key", "s3-secret-key")}
    for key, value in made.items():
        path = secrets / key
        path.unlink(missing_ok=True)
        path.write_text(value, encoding="utf-8")
        os.chown(path, USER, USER)
    return folder


def query(statement):
    """One statement on the test's server."""
    command = ["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-c", statement, os.environ["TEST_DATABASE_URL"]]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def inside(name, root, secrets, socket_folder, settings, user):
    """In namespaces of its own: closes the root, migrates, serves, looks, stops."""
    root = pathlib.Path(root)
    try:
        raise_loopback()
        mount(root, secrets)
        forward(f"{socket_folder}/.s.PGSQL.{POSTGRES}", POSTGRES)
        world = World("overlays/prod", render(ROOT / "k8s/overlays/prod"), Program(ROOT))
        print(check(Container(world, root, name, json.loads(settings), int(user))))
        return 0
    except Wrong as error:
        print(error)
        return 1


class Container:
    """The program in its root, with the settings of a workload."""

    def __init__(self, world, root, name, settings, user):
        self.world, self.root, self.name = world, root, name
        self.settings, self.user = settings, user
        self.deployment = world.get("Deployment", name)
        jobs = [job for job in world.of("Job") if job["metadata"]["name"].startswith(f"{name}-migrate-")]
        self.job = jobs[0] if jobs else None

    def start(self, workload, *arguments):
        """The process."""
        container = pod(workload)["containers"][0]
        user = [f"--userspec={self.user}:{self.user}", f"--groups={self.user}"]
        command = [shutil.which("setpriv"), "--no-new-privs", shutil.which("chroot"), *user, self.root, "/service"]
        return subprocess.Popen(
            [*command, *container["args"], *arguments],
            env=dict(self.world.env(workload)) | self.settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, workload, *arguments):
        """Exit code and output."""
        process = self.start(workload, *arguments)
        output, _ = process.communicate(timeout=60)
        return process.returncode, output


def check(container):
    """What is to be seen, from the first start to the last."""
    before = listing(container.root)
    if container.job:
        code, output = container.run(container.deployment)
        if code == 0 or "migrate" not in output:
            raise Wrong(f"does not refuse a database that lacks schema changes, but ends with {code}: {output[-300:]}")
        for arguments in ([], ["--check"]):
            code, output = container.run(container.job, *arguments)
            if code != 0:
                raise Wrong(f"migrate {arguments}: {code} {output[-500:]}")
    began = time.monotonic()
    process = container.start(container.deployment)
    try:
        wait_until_ready(process)
        took = time.monotonic() - began
        metrics = answer(9100, "/metrics")[1]
        if f'crossdesk_build_info{{service="{container.name}"' not in metrics:
            raise Wrong("the admin port does not say what was built")
        peak = locked_up(process.pid)
        stopping = time.monotonic()
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        if answer(8080, "/readyz")[0] != 503:
            raise Wrong("is still ready after SIGTERM")
        try:
            output, _ = process.communicate(timeout=STOPS_WITHIN_S)
        except subprocess.TimeoutExpired as late:
            raise Wrong(f"does not stop within {STOPS_WITHIN_S} s") from late
        stopped = time.monotonic() - stopping
    finally:
        process.kill()
    if process.returncode != 0:
        raise Wrong(f"ended with {process.returncode} after {stopped:.1f} s: {output[-300:]}")
    if listing(container.root) != before:
        raise Wrong("something was written")
    return f"ready after {took:.1f} s, stopped after {stopped:.1f} s, {peak} MiB at most, wrote nothing"


def wait_until_ready(process):
    """Until liveness and readiness are well."""
    end = time.monotonic() + READY_WITHIN_S
    while True:
        if process.poll() is not None:
            raise Wrong(f"ended with {process.returncode}: {process.stdout.read()[-500:]}")
        states = [answer(8080, path)[0] for path in ("/livez", "/readyz")]
        if states == [200, 200]:
            return
        if time.monotonic() > end:
            raise Wrong(f"not ready: /livez, /readyz answer {states}")
        time.sleep(0.1)


def answer(port, path):
    """Status and body; status 0 if nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return 0, ""


def locked_up(pid):
    """The process has no rights and no file open that it writes to. Returns the most memory it had, in MiB."""
    status = dict(
        line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
    )
    for key, wanted in {
        "Uid": str(USER),
        "Gid": str(USER),
        "CapEff": "0" * 16,
        "CapPrm": "0" * 16,
        "NoNewPrivs": "1",
    }.items():
        if status[key].split()[0] != wanted:
            raise Wrong(f"{key} is {status[key]}")
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(link)
            information = pathlib.Path(f"/proc/{pid}/fdinfo/{link.name}").read_text()
        except FileNotFoundError:
            # Closed since.
            continue
        flags = int(re.search(r"flags:\s+(\d+)", information).group(1), 8)
        if target.startswith("/") and not target.startswith("/dev/") and flags & os.O_ACCMODE != os.O_RDONLY:
            raise Wrong(f"{target} is open for writing")
    return int(status["VmHWM"].split()[0]) // 1024


def listing(root):
    """Every file of the image with its size and time."""
    skipped = [str(root / name) for name in ("proc", "dev", "secrets", "tmp")]
    found = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in skipped]
        for name in files:
            status = os.lstat(os.path.join(folder, name))
            found[os.path.join(folder, name)] = (status.st_size, status.st_mtime_ns)
    return found


if __name__ == "__main__":
    sys.exit(main())
