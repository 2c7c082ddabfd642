'use strict';

/** One environment at one server: authorised calls of the client API (docs/api/wire.md), free of any platform's shapes. */

const { PlatformProblem, invalidParameter } = require('../../shared/problems');
const { createDatabase } = require('../../shared/database');
const { RetryBudget, withRetries, systemClock } = require('./retry');
const { couponRequest } = require('./coupons');
const { Session } = require('./session');
const { WaitingEvents, WaitingRoom } = require('./waiting-room');
const { WatchChannel } = require('./watch-channel');

const REQUEST_TIMEOUT_MILLISECONDS = 15 * 1000;
const FUNCTION_TIMEOUT_MILLISECONDS = 60 * 1000;
const FILE_TIMEOUT_MILLISECONDS = 60 * 1000;
const MAXIMUM_FILES = 50;
const DATABASE_READS = ['get', 'count', 'distinct', 'aggregate'];

class Connection {
  /** `settings`: `env`, `endpoint`, `user?` (development login), `language?`, `timeout?`, `waitingRoom?` ('wait' or 'fail'). */
  constructor(settings, transport, clock, events) {
    this.env = requireText('env', settings.env);
    this.endpoint = requireText('endpoint', settings.endpoint).replace(/\/+$/, '');
    this.settings = settings;
    this.transport = transport;
    this.clock = clock || systemClock;
    this.lastRequestId = '';
    this.channel = null;
    this.retryBudget = new RetryBudget();
    this.session = new Session({
      key: `sampan.session.${this.endpoint}.${this.env}.${settings.user || ''}`,
      storage: settings.storage || transport.storage,
      credentials: () => this.credentials(),
      post: (path, makeBody) => this.login(path, makeBody),
      clock: this.clock,
    });
    this.waitingRoom = new WaitingRoom({
      key: `sampan.waiting.${this.endpoint}.${this.env}.${settings.user || ''}`,
      storage: settings.storage || transport.storage,
      request: (method, path, body) => this.stand(method, path, body),
      owner: () => (this.session.tokens === null ? undefined : this.session.tokens.openid),
      clock: this.clock,
      events: events || new WaitingEvents(),
      mode: settings.waitingRoom,
    });
  }

  async credentials() {
    if (this.settings.user) return { platform: 'development', user: this.settings.user };
    return this.transport.credentials();
  }

  /** Logs in now instead of with the first call. */
  async start() {
    await this.session.accessToken();
  }

  async invoke(name, data, timeout) {
    if (typeof name !== 'string' || name === '') throw invalidParameter('callFunction needs {name: string}.');
    const body = JSON.stringify(data === undefined ? {} : data);
    const { text, requestId } = await this.call({
      path: `/v1/functions/${encodeURIComponent(name)}`, body, timeout: timeout || FUNCTION_TIMEOUT_MILLISECONDS, repeatable: false,
    });
    return { result: text === '' ? null : JSON.parse(text), requestId };
  }

  database(flavour, limits, options) {
    const execute = async (operation) => {
      const body = JSON.stringify(operation);
      const key = DATABASE_READS.indexOf(operation.op) === -1 ? this.newId('k') : undefined;
      return (await this.call({ path: '/v1/database', body, repeatable: true, idempotencyKey: key })).text;
    };
    return createDatabase(execute, {
      flavour, defaultLimit: limits.default, maximumLimit: limits.maximum, requestId: () => this.lastRequestId,
      throwOnNotFound: options && options.throwOnNotFound,
      watch: (request, decode, observer) => this.watches().watch(request, decode, observer),
    });
  }

  /** An operation of `cloud.coupons`; steps carry a number of their own and can be sent again. */
  async coupons(op, members, timeout) {
    const request = couponRequest(op, members, () => this.newId('n'));
    const { text, requestId } = await this.call(Object.assign(request, { timeout, repeatable: true }));
    return { answer: JSON.parse(text), requestId };
  }

  /** What is watched, over one WebSocket that is opened with the first watch. */
  watches() {
    if (this.channel === null) {
      this.channel = new WatchChannel({
        url: `${this.endpoint.replace(/^http/i, 'ws')}/v1/watch`, env: this.env, session: this.session, clock: this.clock,
        openSocket: (url, listener) => this.transport.openSocket(url, listener),
      });
    }
    return this.channel;
  }

  async upload({ cloudPath, file, fileType, timeout, onStart }) {
    checkCloudPath(cloudPath);
    if (file === undefined || file === null || file === '') throw invalidParameter('uploadFile needs {filePath}.');
    const { text, requestId, status } = await this.authorised((headers) => this.transport.upload({
      url: `${this.endpoint}/v1/files`, headers, cloudPath, file, fileType, timeout: timeout || FILE_TIMEOUT_MILLISECONDS, onStart,
    }), { repeatable: true, idempotencyKey: this.newId('k') });
    return { fileID: JSON.parse(text).fileID, statusCode: status, requestId };
  }

  async download({ fileID, filePath, timeout }) {
    if (typeof fileID !== 'string' || fileID === '') throw invalidParameter('downloadFile needs {fileID: string}.');
    const { fileList, requestId } = await this.temporaryURLs([fileID]);
    const [file] = fileList;
    if (file.status !== 0) {
      throw new PlatformProblem({ status: 404, code: 'FILE_NOT_FOUND', detail: file.errMsg || `${fileID} does not exist.` });
    }
    const saved = await withRetries(
      () => this.transport.download({ url: file.tempFileURL, filePath, timeout: timeout || FILE_TIMEOUT_MILLISECONDS }),
      true,
      this.clock,
      this.retryBudget,
    );
    if (saved.status >= 400) {
      const detail = `The file's address answered ${saved.status}.`;
      throw new PlatformProblem({ status: saved.status, code: 'DOWNLOAD_FAILED', detail });
    }
    return { tempFilePath: saved.tempFilePath, filePath: saved.filePath, statusCode: saved.status, requestId };
  }

  deleteFiles(fileList, timeout) {
    return this.listCall('/v1/files/delete', fileList, timeout, this.newId('k'));
  }

  temporaryURLs(fileList, timeout) {
    return this.listCall('/v1/files/urls', fileList, timeout, undefined);
  }

  async listCall(path, fileList, timeout, idempotencyKey) {
    if (!Array.isArray(fileList) || fileList.length === 0) throw invalidParameter('fileList must be an array with at least one fileID.');
    if (fileList.length > MAXIMUM_FILES) {
      throw invalidParameter(`fileList has ${fileList.length} files; at most ${MAXIMUM_FILES} go into one call.`, 'TOO_MANY_FILES');
    }
    const answer = await this.call({ path, body: JSON.stringify({ fileList }), timeout, repeatable: true, idempotencyKey });
    return { fileList: JSON.parse(answer.text).fileList, requestId: answer.requestId };
  }

  call({ method, path, body, timeout, repeatable, idempotencyKey }) {
    return this.authorised((headers) => {
      if (body !== undefined) headers['content-type'] = 'application/json';
      return this.send(path, headers, body, timeout, method);
    }, { repeatable, idempotencyKey });
  }

  send(path, headers, body, timeout, method) {
    const patience = timeout || this.settings.timeout || REQUEST_TIMEOUT_MILLISECONDS;
    // Nobody answers whoever has stopped waiting.
    headers['x-sampan-timeout'] = String(Math.round(patience));
    return this.transport.request({ url: this.endpoint + path, method: method || 'POST', headers, body, timeout: patience });
  }

  /** Sends with a token, retries what may be retried, stands in line where there is one, and once more after the server refused the token. */
  async authorised(send, { repeatable, idempotencyKey }) {
    const requestId = this.newId('c');
    for (;;) {
      try {
        return await withRetries(() => this.withToken(send, requestId, idempotencyKey), repeatable, this.clock, this.retryBudget);
      } catch (problem) {
        if (problem.code !== 'WAITING_ROOM') throw problem;
        await this.waitingRoom.wait(problem);
      }
    }
  }

  async withToken(send, requestId, idempotencyKey) {
    const first = await this.attempt(send, requestId, idempotencyKey);
    if (first.problem === null) return first.answer;
    if (first.problem.status !== 401) throw first.problem;
    await this.session.refused(first.token, first.problem.code);
    const second = await this.attempt(send, requestId, idempotencyKey);
    if (second.problem !== null) throw second.problem;
    return second.answer;
  }

  /** A request about the line itself: once, since whoever waits asks again later. */
  async stand(method, path, body) {
    if (method === 'GET') return this.lookFromOutside(path);
    const answer = await this.withToken((headers) => {
      headers['content-type'] = 'application/json';
      return this.send(path, headers, JSON.stringify(body));
    }, this.newId('c'));
    return JSON.parse(answer.text);
  }

  /** The same for everybody: without any header of its own it can come from a cache, and a browser need not ask whether it may. */
  async lookFromOutside(path) {
    const url = `${this.endpoint}${path}?env=${encodeURIComponent(this.env)}`;
    const response = await this.transport.request({ url, method: 'GET', headers: {}, timeout: REQUEST_TIMEOUT_MILLISECONDS });
    if (response.status >= 400) throw problemOf(response, '');
    return JSON.parse(response.text);
  }

  async attempt(send, requestId, idempotencyKey) {
    const token = await this.session.accessToken();
    const headers = this.headers(requestId);
    headers.authorization = `Bearer ${token}`;
    const pass = this.waitingRoom.pass();
    if (pass !== undefined) headers['x-sampan-pass'] = pass;
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    const response = await send(headers);
    this.lastRequestId = response.headers['x-request-id'] || requestId;
    if (response.status >= 400) return { token, problem: problemOf(response, this.lastRequestId), answer: null };
    return { token, problem: null, answer: { text: response.text, status: response.status, requestId: this.lastRequestId } };
  }

  /** A login's code works once, hence each attempt asks for a new body. */
  login(path, makeBody) {
    return withRetries(async () => {
      const requestId = this.newId('c');
      const headers = this.headers(requestId);
      headers['content-type'] = 'application/json';
      const response = await this.send(path, headers, JSON.stringify(await makeBody()));
      if (response.status >= 400) throw problemOf(response, requestId);
      return JSON.parse(response.text);
    }, true, this.clock, this.retryBudget);
  }

  headers(requestId) {
    const headers = { 'x-sampan-env': this.env, 'x-request-id': requestId };
    if (this.settings.language) headers['accept-language'] = this.settings.language;
    return headers;
  }

  newId(prefix) {
    const part = () => Math.floor(this.clock.random() * 0x100000000).toString(16).padStart(8, '0');
    return `${prefix}-${part()}${part()}${part()}`;
  }
}

function requireText(name, value) {
  if (typeof value === 'string' && value !== '') return value;
  throw invalidParameter(`The cloud needs to know its ${name}: init({env: 'env-…', endpoint: 'https://…'}).`, 'NOT_INITIALISED');
}

function checkCloudPath(cloudPath) {
  const fine = typeof cloudPath === 'string' && cloudPath !== '' && cloudPath.length <= 1024 &&
    cloudPath.charAt(0) !== '/' && cloudPath.indexOf('//') === -1 && cloudPath.split('/').every((level) => level.length <= 255);
  if (!fine) throw invalidParameter('cloudPath must not be empty, start with / or have // in it; at most 1024 characters, 255 a level.');
}

function problemOf(response, requestId) {
  const members = parsedProblem(response);
  if (!members.requestId) members.requestId = requestId;
  const problem = new PlatformProblem(members);
  const seconds = Number(response.headers['retry-after']);
  if (seconds > 0) problem.retryAfterSeconds = seconds;
  return problem;
}

/** Proxies in between answer errors in HTML or nothing at all. */
function parsedProblem(response) {
  const fallback = { status: response.status, code: `HTTP_${response.status}`, detail: `The server answered ${response.status}.` };
  if (response.text.charAt(0) !== '{') return fallback;
  try {
    return Object.assign(fallback, JSON.parse(response.text));
  } catch (error) {
    fallback.detail += ` Its body is not JSON: ${error.message}`;
    return fallback;
  }
}

module.exports = { Connection };
