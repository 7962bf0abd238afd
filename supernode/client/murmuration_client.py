"""Streams of messages for a Python program, through a gateway that this starts (thesis 3.5.4). One file, no dependencies.

    from murmuration_client import Client

    with Client() as client:
        tracker = "127.0.0.1:%d" % client.host_super()["TCPServerPort"]
        host = client.host([tracker], 65000)
        client.join([tracker], host["ResourceID"], lambda message: print(message))
        client.feed_data(host["InstanceID"], b"hello")

A stream whose largest message fits a datagram goes through UDP ports, as in the thesis; one with larger messages, and one for which
web_socket=True was said, goes through WebSockets (RFC 6455), which also slow down whoever feeds too fast and tell gaps.
Callbacks run on a thread of their own for each instance.
"""

import base64
import http.client
import json
import os
import socket
import struct
import subprocess
import threading
import time

LOOPBACK = "127.0.0.1"
DATAGRAM_BYTES_MAX = 65507
MESSAGE_BYTES_MAX = 4 * 1024 * 1024
ASKED = 2
ASK_AGAIN_SECONDS = 0.5
READY_WITHIN_SECONDS = 20
STOP_WITHIN_SECONDS = 15
CALL_WITHIN_SECONDS = 60


class ClientError(Exception):
    """The gateway did not start, or does not take a call. Its text says what to do."""


class Client:
    """The seven methods of the thesis' wrapper. Answers are dictionaries with the gateway's six keys."""

    def __init__(self, command=None, bind=None):
        """command: program and arguments that start a gateway; bind: the address on which peers are linked (default all)."""
        self._command = list(command) if command else _own_gateway()
        self._bind = bind
        self._gateway = None
        self._port = 0
        self._socket = None
        self._instances = {}

    def __enter__(self):
        self.init()
        return self

    def __exit__(self, *_error):
        self.deinit()

    def init(self):
        """Starts a gateway, waits until it answers, and opens the UDP socket that feeds go through."""
        if self._gateway is not None:
            raise ClientError("init was called already. Call deinit first.")
        more = ["--bind", self._bind] if self._bind else []
        self._gateway = subprocess.Popen(
            self._command + ["--port", "0", "--until-eof"] + more,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        line = self._gateway.stdout.readline()
        if not line:
            self.deinit()
            raise ClientError("The gateway does not start. Look at what it wrote on standard error.")
        self._port = json.loads(line)["port"]
        until = time.monotonic() + READY_WITHIN_SECONDS
        while not self._pings():
            if time.monotonic() > until:
                self.deinit()
                raise ClientError("The gateway does not answer. Look at what it wrote on standard error.")
            time.sleep(0.05)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((LOOPBACK, 0))

    def deinit(self):
        """Closes everything: the gateway stops its instances and ends."""
        for instance in list(self._instances.values()):
            instance.close()
        self._instances.clear()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        gateway, self._gateway = self._gateway, None
        if gateway is None:
            return
        gateway.stdin.close()
        try:
            gateway.wait(STOP_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            gateway.kill()
            gateway.wait()
        gateway.stdout.close()

    def host_super(self, port=0, trackers=()):
        """Starts a supernode; port 0 is any that is free."""
        return self._call("/host-super", {"Trackers": list(trackers), "Port": port})

    def host(self, trackers, max_resource_size, web_socket=False, key=None):
        """Hosts a stream. trackers: "host:port" or URLs; max_resource_size: bytes of the largest message, at most 4 MiB;
        key: letters, digits, _ and -: the gateway keeps the stream's key under this name, and the stream has the same id next time."""
        body = {"Trackers": list(trackers), "MaxResourceSize": max_resource_size}
        answer = self._call("/host", body if key is None else dict(body, Key=key))
        if answer["Success"]:
            by_socket = web_socket or answer["MaxResourceSize"] > DATAGRAM_BYTES_MAX
            feeder = self._open(answer) if by_socket else _Datagrams(self._socket, answer["UDPServerPort"])
            self._instances[answer["InstanceID"]] = feeder
        return answer

    def join(self, trackers, resource_id, on_data, on_gap=None, web_socket=False):
        """Joins a stream; on_data is called with every message, in order. on_gap (WebSocket): some are missing before the next."""
        answer = self._call("/join", {"Trackers": list(trackers), "ResourceID": resource_id})
        if answer["Success"]:
            if web_socket or answer["MaxResourceSize"] > DATAGRAM_BYTES_MAX:
                reader = self._open(answer)
                reader.read_on_thread(on_data, on_gap)
            else:
                reader = _Reader(answer["UDPServerPort"], on_data)
            self._instances[answer["InstanceID"]] = reader
        return answer

    def stop(self, instance_id):
        """Stops an instance; False if there is none of that name."""
        instance = self._instances.pop(instance_id, None)
        if instance is not None:
            instance.close()
        return self._call("/stop", instance_id)["Success"]

    def feed_data(self, instance_id, data):
        """Feeds one message into a stream that was hosted here."""
        instance = self._instances.get(instance_id)
        if instance is None:
            raise ClientError("There is no instance %s here. Host a stream first." % instance_id)
        instance.feed(data)

    def _pings(self):
        try:
            return self._request("GET", "/ping", None)[0] == 200
        except OSError:
            return False

    def _call(self, path, body):
        if self._gateway is None:
            raise ClientError("Call init first.")
        status, text = self._request("POST", path, json.dumps(body))
        if status != 200:
            raise ClientError("The gateway did not take the call of %s (%d). Look at what was given." % (path, status))
        return json.loads(text)

    def _request(self, method, path, body):
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=CALL_WITHIN_SECONDS)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def _open(self, answer):
        return _WebSocket(self._port, "/instances/%s/data" % answer["InstanceID"])


class _Datagrams:
    """Feeds a stream through the UDP port of its host."""

    def __init__(self, udp, port):
        self._udp = udp
        self._port = port

    def feed(self, data):
        self._udp.sendto(data, (LOOPBACK, self._port))

    def close(self):
        pass


class _Reader:
    """Asks the UDP port of a member for messages, some in advance, and for one more with each that came."""

    def __init__(self, port, on_data):
        self._to = (LOOPBACK, port)
        self._on_data = on_data
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((LOOPBACK, 0))
        self._udp.settimeout(ASK_AGAIN_SECONDS)
        self._open = True
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for _ in range(ASKED):
            self._ask()
        while self._open:
            try:
                data, sender = self._udp.recvfrom(65536)
            except socket.timeout:
                self._ask()
                continue
            except OSError:
                return
            if sender == self._to and self._open:
                self._ask()
                self._on_data(data)

    def _ask(self):
        try:
            self._udp.sendto(b"", self._to)
        except OSError:
            pass

    def feed(self, _data):
        raise ClientError("Only a stream that was hosted here is fed.")

    def close(self):
        self._open = False
        if threading.current_thread() is not self._thread:
            self._thread.join(4 * ASK_AGAIN_SECONDS)
        self._udp.close()


class _WebSocket:
    """As much of RFC 6455 as the gateway needs: a client without extensions."""

    TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

    def __init__(self, port, path):
        self._socket = socket.create_connection((LOOPBACK, port), CALL_WITHIN_SECONDS)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET %s HTTP/1.1" % path,
            "Host: %s:%d" % (LOOPBACK, port),
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: " + key,
            "Sec-WebSocket-Version: 13",
        ]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._stream = self._socket.makefile("rb")
        status = self._stream.readline()
        while self._stream.readline() not in (b"\r\n", b""):
            pass
        if b" 101 " not in status:
            self.close()
            raise ClientError("The gateway does not take the WebSocket of its instance.")
        self._socket.settimeout(None)
        self._sending = threading.Lock()

    def feed(self, data):
        try:
            self._send(self.BINARY, data)
        except OSError as error:
            words = "The gateway has closed this stream: a message was too long, or it was stopped."
            raise ClientError(words) from error

    def read_on_thread(self, on_data, on_gap):
        def read():
            try:
                self._read(on_data, on_gap)
            except (OSError, ValueError):
                pass

        threading.Thread(target=read, daemon=True).start()

    def _read(self, on_data, on_gap):
        while True:
            head = self._stream.read(2)
            if len(head) < 2:
                return
            kind, length = head[0] & 15, head[1] & 127
            if length == 126:
                length = struct.unpack("!H", self._stream.read(2))[0]
            elif length == 127:
                length = struct.unpack("!Q", self._stream.read(8))[0]
            if length > MESSAGE_BYTES_MAX or not head[0] & 128:
                return
            data = self._stream.read(length)
            if kind == self.BINARY:
                on_data(data)
            elif kind == self.TEXT and on_gap is not None:
                on_gap()
            elif kind == self.PING:
                self._send(self.PONG, data)
            elif kind == self.CLOSE:
                return

    def _send(self, kind, data):
        length = len(data)
        head = bytes([128 | kind])
        if length < 126:
            head += bytes([128 | length])
        elif length < 65536:
            head += struct.pack("!BH", 128 | 126, length)
        else:
            head += struct.pack("!BQ", 128 | 127, length)
        mask = os.urandom(4)
        pad = (mask * (length // 4 + 1))[:length]
        masked = (int.from_bytes(data, "big") ^ int.from_bytes(pad, "big")).to_bytes(length, "big")
        with self._sending:
            self._socket.sendall(head + mask + masked)

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()


def _own_gateway():
    """The gateway beside this file, run by the Node.js that the repository has installed, or else by the one on the path."""
    here = os.path.dirname(os.path.abspath(__file__))
    node = os.path.join(here, "..", "..", "node_modules", ".bin", "node")
    return [node if os.path.exists(node) else "node", os.path.join(here, "..", "src", "gateway", "main.ts")]
