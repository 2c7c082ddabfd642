'use strict';

/** Just enough of RFC 6455 for the tests: frames over a socket, the server's handshake, and a client with a browser's API. */

const crypto = require('crypto');
const http = require('http');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 };

function frame(opcode, payload, masked) {
  const body = Buffer.from(payload);
  const length = body.length < 126 ? Buffer.from([body.length]) : body.length < 65536 ? Buffer.alloc(3) : Buffer.alloc(9);
  if (length.length === 3) {
    length[0] = 126;
    length.writeUInt16BE(body.length, 1);
  } else if (length.length === 9) {
    length[0] = 127;
    length.writeBigUInt64BE(BigInt(body.length), 1);
  }
  if (!masked) return Buffer.concat([Buffer.from([0x80 | opcode]), length, body]);
  length[0] |= 0x80;
  const mask = crypto.randomBytes(4);
  return Buffer.concat([Buffer.from([0x80 | opcode]), length, mask, body.map((byte, index) => byte ^ mask[index % 4])]);
}

/** One end of a connection. `isClient`: masks what it sends. */
class Peer {
  constructor(socket, isClient, head) {
    this.socket = socket;
    this.isClient = isClient;
    this.buffer = head || Buffer.alloc(0);
    this.onText = () => {};
    this.onEnd = () => {};
    socket.on('data', (chunk) => {
      this.buffer = Buffer.concat([this.buffer, chunk]);
      this.read();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.onEnd(this.code === undefined ? 1006 : this.code));
  }

  read() {
    for (;;) {
      if (this.buffer.length < 2) return;
      const masked = (this.buffer[1] & 0x80) !== 0;
      let length = this.buffer[1] & 0x7f;
      let at = 2;
      if (length === 126) {
        if (this.buffer.length < 4) return;
        length = this.buffer.readUInt16BE(2);
        at = 4;
      } else if (length === 127) {
        if (this.buffer.length < 10) return;
        length = Number(this.buffer.readBigUInt64BE(2));
        at = 10;
      }
      const start = at + (masked ? 4 : 0);
      if (this.buffer.length < start + length) return;
      if (masked === this.isClient) throw new Error('a client masks, a server does not');
      const mask = this.buffer.subarray(at, start);
      const payload = Buffer.from(this.buffer.subarray(start, start + length)).map((byte, index) => (masked ? byte ^ mask[index % 4] : byte));
      const opcode = this.buffer[0] & 0x0f;
      this.buffer = this.buffer.subarray(start + length);
      this.take(opcode, payload);
    }
  }

  take(opcode, payload) {
    if (opcode === OPCODE.text) this.onText(payload.toString('utf8'));
    else if (opcode === OPCODE.ping) this.write(OPCODE.pong, payload);
    else if (opcode === OPCODE.close) {
      this.code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      if (this.socket.writable) this.socket.end(frame(OPCODE.close, payload, this.isClient));
    }
  }

  write(opcode, payload) {
    if (this.socket.writable) this.socket.write(frame(opcode, payload, this.isClient));
  }

  text(text) {
    this.write(OPCODE.text, text);
  }

  close(code) {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code, 0);
    this.write(OPCODE.close, payload);
  }
}

/** Answers the handshake of an `upgrade` event. */
function accept(request, socket, head) {
  const key = crypto.createHash('sha1').update(request.headers['sec-websocket-key'] + GUID).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`);
  return new Peer(socket, false, head);
}

/** A browser's WebSocket, as far as the SDK uses it; Node has its own from version 22. */
class FakeWebSocket {
  constructor(url) {
    this.readyState = 0;
    const { hostname, port, pathname } = new URL(url.replace(/^ws/, 'http'));
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': crypto.randomBytes(16).toString('base64') };
    const request = http.request({ hostname, port, path: pathname, headers });
    request.on('upgrade', (response, socket, head) => this.upgraded(new Peer(socket, true, head)));
    request.on('response', (response) => this.failed(`answered ${response.statusCode}`));
    request.on('error', (error) => this.failed(error.message));
    request.end();
  }

  upgraded(peer) {
    this.peer = peer;
    peer.onText = (data) => this.onmessage && this.onmessage({ data });
    peer.onEnd = (code) => {
      this.readyState = 3;
      if (this.onclose) this.onclose({ code, reason: '' });
    };
    if (this.readyState === 2) {
      peer.close(1000);
      return;
    }
    this.readyState = 1;
    if (this.onopen) this.onopen({});
    peer.read();
  }

  failed(message) {
    this.readyState = 3;
    if (this.onerror) this.onerror({ message });
    if (this.onclose) this.onclose({ code: 1006, reason: '' });
  }

  send(text) {
    if (this.readyState !== 1) throw new Error('the socket is not open');
    this.peer.text(text);
  }

  close() {
    if (this.readyState === 1) this.peer.close(1000);
    this.readyState = Math.max(this.readyState, 2);
  }
}

module.exports = { accept, FakeWebSocket };
