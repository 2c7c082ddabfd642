'use strict';

/** A small server that speaks the client API from memory, and can be told to fail. */

const http = require('http');

class FakeServer {
  constructor() {
    this.requests = [];
    this.logins = [];
    this.refreshes = 0;
    this.tokens = 0;
    this.expiresIn = 7200;
    this.valid = new Set();
    this.refreshTokens = new Set();
    this.files = {};
    // Answers for the next calls of a path: [status, headers, body], or 'drop' to cut the connection after reading the request.
    this.planned = {};
    // What cloud.coupons asks, by method and path with its query.
    this.coupons = {};
    this.functions = { echo: (event) => event };
    this.database = () => ({ data: [] });
  }

  async start() {
    this.server = http.createServer((request, response) => this.serve(request, response));
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.endpoint = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async serve(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const path = new URL(request.url, 'http://x').pathname;
    this.requests.push({ method: request.method, path, headers: request.headers, body: body.toString('latin1'), text: body.toString('utf8') });
    const plan = (this.planned[path] || []).shift();
    if (plan === 'drop') return void request.socket.destroy();
    const [status, headers, answer] = plan || this.answer(path, request, body);
    const isProblem = status >= 400;
    response.writeHead(status, { 'content-type': isProblem ? 'application/problem+json' : 'application/json', 'x-request-id': 'r-server', ...headers });
    return void response.end(Buffer.isBuffer(answer) || typeof answer === 'string' ? answer : JSON.stringify(answer));
  }

  answer(path, request, body) {
    if (path.startsWith('/files/')) return this.sendFile(path);
    if (path === '/v1/login') return this.login(JSON.parse(body));
    if (path === '/v1/login/refresh') return this.refresh(JSON.parse(body));
    const token = String(request.headers.authorization).replace('Bearer ', '');
    if (!this.valid.has(token)) return problem(401, 'TOKEN_EXPIRED', 'The token has expired.');
    if (path.startsWith('/v1/functions/')) return this.invoke(decodeURIComponent(path.slice('/v1/functions/'.length)), JSON.parse(body));
    if (path === '/v1/database') return [200, {}, this.database(JSON.parse(body))];
    if (path.startsWith('/v1/coupons')) {
      const answer = this.coupons[`${request.method} ${request.url}`];
      return answer ? [200, {}, answer(body.length === 0 ? undefined : JSON.parse(body))] : problem(404, 'COUPON_NOT_FOUND', request.url);
    }
    if (path === '/v1/files') return this.upload(body.toString('latin1'));
    const { fileList } = JSON.parse(body);
    if (path === '/v1/files/urls') return [200, {}, { fileList: fileList.map((file) => this.address(file.fileID || file)) }];
    if (path === '/v1/files/delete') return [200, {}, { fileList: fileList.map((fileID) => ({ fileID, status: 0, errMsg: 'ok' })) }];
    return problem(404, 'NOT_FOUND', path);
  }

  login(credentials) {
    this.logins.push(credentials);
    return this.grant();
  }

  refresh({ refreshToken }) {
    this.refreshes += 1;
    if (!this.refreshTokens.delete(refreshToken)) return problem(401, 'TOKEN_INVALID', 'Used up.');
    return this.grant();
  }

  grant() {
    this.tokens += 1;
    const accessToken = `access-${this.tokens}`;
    const refreshToken = `refresh-${this.tokens}`;
    this.valid.add(accessToken);
    this.refreshTokens.add(refreshToken);
    return [200, {}, { accessToken, refreshToken, expiresIn: this.expiresIn, openid: 'o-1', anonymous: true }];
  }

  invoke(name, event) {
    const run = this.functions[name];
    if (run === undefined) return problem(404, 'FUNCTION_NOT_FOUND', `There is no function named "${name}".`);
    return [200, {}, JSON.stringify(run(event))];
  }

  upload(form) {
    const cloudPath = /name="cloudPath"\r\n\r\n([^\r]*)\r\n/.exec(form)[1];
    const content = /name="file"[^]*?\r\n\r\n([^]*?)\r\n--/.exec(form)[1];
    this.files[cloudPath] = Buffer.from(content, 'latin1');
    return [200, {}, { fileID: `cloud://env-a/${cloudPath}`, size: content.length }];
  }

  address(fileID) {
    const cloudPath = fileID.slice('cloud://env-a/'.length);
    if (this.files[cloudPath] === undefined) return { fileID, tempFileURL: '', maxAge: 0, status: 1, errMsg: 'file does not exist' };
    return { fileID, tempFileURL: `${this.endpoint}/files/env-a/${cloudPath}?e=1&s=x`, maxAge: 3600, status: 0, errMsg: 'ok' };
  }

  sendFile(path) {
    return [200, { 'content-type': 'application/octet-stream' }, this.files[decodeURIComponent(path.slice('/files/env-a/'.length))]];
  }

  plan(path, ...answers) {
    this.planned[path] = (this.planned[path] || []).concat(answers);
  }

  to(path) {
    return this.requests.filter((request) => request.path === path);
  }
}

function problem(status, code, detail, headers) {
  return [status, headers || {}, { type: 'about:blank', title: code, status, code, detail, requestId: 'r-problem' }];
}

module.exports = { FakeServer, problem };
