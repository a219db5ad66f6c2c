"""What a container engine does for a process, as far as it takes: a root that cannot be written, ports of its own."""

import fcntl
import socket
import struct
import subprocess
import threading

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def mount(root, secrets):
    """Makes the folder a root that cannot be written: with the container's own /proc and /dev, and the secrets."""
    steps = [
        ["--make-rprivate", "/"],
        ["--bind", root, root],
        ["--bind", secrets, root / "secrets"],
        ["-t", "tmpfs", "-o", "mode=755", "tmpfs", root / "dev"],
    ]
    for step in steps:
        subprocess.run(["mount", *step], check=True)
    for device in ("null", "urandom"):
        (root / "dev" / device).touch()
        subprocess.run(["mount", "--bind", f"/dev/{device}", root / "dev" / device], check=True)
    subprocess.run(["mount", "--rbind", "/proc", root / "proc"], check=True)
    for place in (root / "dev", root / "secrets", root):
        subprocess.run(["mount", "-o", "remount,bind,ro", place], check=True)


def forward(path, port):
    """Brings the server's socket into the network namespace, as a port: its folder is for its owner only."""
    listener = socket.create_server(("127.0.0.1", port), backlog=64)

    def copy(source, target):
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def serve():
        while True:
            client, _ = listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(path)
            for ends in ((client, server), (server, client)):
                threading.Thread(target=copy, args=ends, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()


def raise_loopback():
    """A new network namespace has a loopback device that is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        flags = struct.unpack("16sH14s", fcntl.ioctl(handle, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", flags | IFF_UP, b""))
