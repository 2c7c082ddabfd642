'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { test } = require('node:test');
const { bundle, OUTPUT } = require('../build');
const { FakeServer, problem } = require('./fake-server');
const { fakeWechat, fakeAlipay } = require('./fake-platforms');

/** A fresh copy of the SDK, since it keeps what init and install said. */
function freshCloud() {
  delete require.cache[require.resolve('../sampan')];
  return require('../sampan');
}

async function withServer(body, globals = {}) {
  const server = await new FakeServer().start();
  Object.assign(globalThis, globals);
  try {
    await body(server, freshCloud());
  } finally {
    for (const name of Object.keys(globals)) delete globalThis[name];
    await server.stop();
  }
}

function temporaryFile(content) {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'sampan-client-')), 'f.bin');
  fs.writeFileSync(file, content);
  return file;
}

test('sampan.js is built from the present sources', () => {
  assert.equal(fs.readFileSync(OUTPUT, 'utf8'), bundle(), 'run `node sdk/client/build.js`');
});

test('sampan.js keeps to the syntax of ES2017', () => {
  const script = `const { parse } = require('internal/deps/acorn/acorn/dist/acorn');
    const text = require('fs').readFileSync(process.argv[1], 'utf8');
    parse(text, { ecmaVersion: 8 });
    try { parse('const a = { ...b };', { ecmaVersion: 8 }); } catch (error) { process.stdout.write('checked'); }`;
  assert.equal(execFileSync(process.execPath, ['--expose-internals', '-e', script, OUTPUT], { encoding: 'utf8' }), 'checked');
});

test('the first call logs in silently; later ones use the token', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: `${server.endpoint}/` });
    const answer = await cloud.callFunction({ name: 'echo', data: { a: '中' } });
    assert.deepEqual(answer, { result: { a: '中' }, errMsg: 'cloud.callFunction:ok', requestID: 'r-server' });
    await cloud.callFunction({ name: 'echo' });
    assert.deepEqual(server.logins, [{ platform: 'anonymous' }]);
    const [request] = server.to('/v1/functions/echo');
    assert.equal(request.headers.authorization, 'Bearer access-1');
    assert.equal(request.headers['x-sampan-env'], 'env-a');
    assert.match(request.headers['x-request-id'], /^[A-Za-z0-9-]{8,64}$/);
  });
});

test('a development user logs in by name', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint, user: 'alice', language: 'zh' });
    await cloud.callFunction({ name: 'echo' });
    assert.deepEqual(server.logins, [{ platform: 'development', user: 'alice' }]);
    assert.equal(server.requests[0].headers['accept-language'], 'zh');
  });
});

test('calls that start together share one login and one refresh', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    const many = () => Promise.all(Array.from({ length: 10 }, (unused, n) => cloud.callFunction({ name: 'echo', data: { n } })));
    await many();
    assert.equal(server.logins.length, 1);
    // The server forgets all tokens, as if they had expired.
    server.valid.clear();
    const answers = await many();
    assert.deepEqual(answers.map(({ result }) => result.n), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual([server.logins.length, server.refreshes], [1, 1]);
  });
});

test('a token is renewed before it expires', async () => {
  await withServer(async (server, cloud) => {
    server.expiresIn = 30;
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    await cloud.callFunction({ name: 'echo' });
    await cloud.callFunction({ name: 'echo' });
    assert.deepEqual([server.logins.length, server.refreshes], [1, 1]);
    assert.ok(server.to('/v1/functions/echo').length === 2, 'no call was refused');
  });
});

test('when the refresh token does not work any more, the user logs in anew', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    await cloud.callFunction({ name: 'echo' });
    server.valid.clear();
    server.refreshTokens.clear();
    await cloud.callFunction({ name: 'echo' });
    assert.deepEqual([server.logins.length, server.refreshes], [2, 1]);
  });
});

test('a refused call (429, 503) is made again after Retry-After', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    server.plan('/v1/functions/echo', problem(429, 'FUNCTION_BUSY', 'busy', { 'retry-after': '1' }), problem(503, 'OVERLOADED', 'full'));
    const began = Date.now();
    assert.equal((await cloud.callFunction({ name: 'echo', data: 5 })).result, 5);
    assert.ok(Date.now() - began >= 1000);
    assert.equal(server.to('/v1/functions/echo').length, 3);
  });
});

test('a Retry-After that is too long is answered at once', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    server.plan('/v1/functions/echo', problem(503, 'OVERLOADED', 'later', { 'retry-after': '600' }));
    await assert.rejects(cloud.callFunction({ name: 'echo' }), (error) => error.problem.retryAfterSeconds === 600);
    assert.equal(server.to('/v1/functions/echo').length, 1);
  });
});

test('a call of a function whose connection breaks is not repeated: it may have run', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    server.plan('/v1/functions/echo', 'drop');
    await assert.rejects(cloud.callFunction({ name: 'echo' }), (error) => error.errCode === -1 && error.problem.code === 'NETWORK');
    assert.equal(server.to('/v1/functions/echo').length, 1);
  });
});

test('a database write whose connection breaks is repeated with the same idempotency key', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    server.database = ({ op }) => (op === 'add' ? { id: 'x' } : { data: [] });
    server.plan('/v1/database', 'drop', 'drop');
    assert.deepEqual(await cloud.database().collection('c').add({ data: { a: 1 } }), { _id: 'x', errMsg: 'collection.add:ok' });
    const keys = server.to('/v1/database').map(({ headers }) => headers['idempotency-key']);
    assert.equal(keys.length, 3);
    assert.equal(new Set(keys).size, 1);
    await cloud.database().collection('c').add({ data: { a: 1 } });
    await cloud.database().collection('c').get();
    const [, , , another, read] = server.to('/v1/database').map(({ headers }) => headers['idempotency-key']);
    assert.notEqual(another, keys[0]);
    assert.equal(read, undefined);
  });
});

test('a read gives up after four attempts', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    server.plan('/v1/database', 'drop', 'drop', 'drop', 'drop', 'drop');
    await assert.rejects(cloud.database().collection('c').count(), (error) => error.problem.code === 'NETWORK');
    assert.equal(server.to('/v1/database').length, 4);
  });
});

test('a call without an answer ends with a timeout', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    await cloud.callFunction({ name: 'echo' });
    server.answer = () => new Promise(() => {});
    server.serve = () => {};
    await assert.rejects(cloud.callFunction({ name: 'echo', timeout: 50 }), (error) => error.errCode === -501002 && /within 50 ms/.test(error.errMsg));
  });
});

test('WeChat\'s and Alipay\'s shapes and limits of the database', async () => {
  await withServer(async (server, cloud) => {
    const seen = [];
    server.database = (operation) => {
      seen.push(operation);
      return { data: [{ _id: '1', at: { $date: 5 } }] };
    };
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    const db = cloud.database();
    assert.deepEqual(await db.collection('c').where({ a: { b: db.command.gt(1) } }).get(), { data: [{ _id: '1', at: new Date(5) }], errMsg: 'collection.get:ok' });
    const alipay = cloud.createCloudContext({ env: 'env-a', endpoint: server.endpoint }).database();
    assert.deepEqual(await alipay.collection('c').where({ a: { b: 1 } }).get(), [{ _id: '1', at: new Date(5) }]);
    await db.collection('c').limit(1000).get();
    assert.deepEqual(seen.map(({ where, limit }) => [where, limit]), [[{ 'a.b': { $gt: 1 } }, 20], [{ a: { b: 1 } }, 100], [undefined, 100]]);
  });
});

test('errors in WeChat\'s and in Alipay\'s shape', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    await assert.rejects(cloud.callFunction({ name: 'none' }), (error) => {
      assert.equal(error.errCode, -501000);
      assert.equal(error.errMsg, 'cloud.callFunction:fail -501000 There is no function named "none".');
      assert.equal(error.requestID, 'r-problem');
      return true;
    });
    const context = cloud.createCloudContext({ env: 'env-a', endpoint: server.endpoint });
    const failures = [];
    await context.callFunction({ name: 'none', fail: (error) => failures.push([error.error, error.errorMessage]) }).catch(() => {});
    await context.callFunction({}).catch((error) => failures.push([error.error, error.errorMessage]));
    await context.deleteFile({ fileList: Array(51).fill('f') }).catch((error) => failures.push([error.error]));
    await context.uploadFile({ cloudPath: '/a', filePath: 'x' }).catch((error) => failures.push([error.error]));
    assert.deepEqual(failures, [[60005, 'There is no function named "none".'], [60001, 'callFunction needs {name: string}.'], [60006], [60001]]);
    // A proxy that answers HTML is told apart from the server.
    server.plan('/v1/functions/echo', [502, {}, '<html>bad gateway</html>']);
    await assert.rejects(cloud.callFunction({ name: 'echo' }), /answered 502/);
  });
});

test('without env or endpoint the error says what is missing', async () => {
  await withServer(async (server, cloud) => {
    await assert.rejects(cloud.callFunction({ name: 'echo' }), /Call cloud\.init/);
    await assert.rejects(cloud.createCloudContext({ env: 'env-a' }).init(), (error) => /endpoint/.test(error.errorMessage));
    await assert.rejects(cloud.createCloudContext({ env: 'env-a' }).callFunction({ name: 'x' }), (error) => error.error === 60002);
  });
});

test('files in Node: upload from a path, bytes or a Blob, download, addresses, deletion', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    const bytes = Buffer.from([0, 1, 255, 65]);
    assert.deepEqual(await cloud.uploadFile({ cloudPath: 'a/b.bin', filePath: temporaryFile(bytes) }),
      { fileID: 'cloud://env-a/a/b.bin', statusCode: 200, errMsg: 'cloud.uploadFile:ok' });
    assert.deepEqual(server.files['a/b.bin'], bytes);
    assert.ok(server.to('/v1/files')[0].headers['idempotency-key']);
    const context = cloud.createCloudContext({ env: 'env-a', endpoint: server.endpoint });
    assert.deepEqual(await context.uploadFile({ cloudPath: 'c.txt', filePath: new Blob(['from a page']) }),
      { fileID: 'cloud://env-a/c.txt', statusCode: 200, requestID: 'r-server' });
    assert.equal(server.files['c.txt'].toString(), 'from a page');
    const saved = await context.downloadFile({ fileID: 'cloud://env-a/a/b.bin' });
    assert.deepEqual(fs.readFileSync(saved.tempFilePath), bytes);
    assert.equal(saved.statusCode, 200);
    await assert.rejects(cloud.downloadFile({ fileID: 'cloud://env-a/none' }), (error) => error.errCode === -503003);
    assert.deepEqual((await cloud.getTempFileURL({ fileList: ['cloud://env-a/none'] })).fileList[0].status, 1);
    const listed = await context.getTempFileURL({ fileList: [{ fileID: 'cloud://env-a/c.txt', maxAge: 60 }] });
    assert.equal(listed.fileList[0].resultMessage, 'ok');
    assert.deepEqual(await cloud.deleteFile({ fileList: ['f'] }), { fileList: [{ fileID: 'f', status: 0, errMsg: 'ok' }], errMsg: 'cloud.deleteFile:ok', requestID: 'r-server' });
    await assert.rejects(context.uploadFile({ cloudPath: 'x', filePath: '/none/there' }), (error) => error.error === 60006);
  });
});

test('in WeChat: install, then an unchanged page', async () => {
  const wx = fakeWechat();
  await withServer(async (server, cloud) => {
    cloud.install({ env: 'env-a', endpoint: server.endpoint });
    // What the page had before.
    wx.cloud.init({ env: 'prod-8abc', traceUser: true });
    const answered = await new Promise((resolve, reject) => wx.cloud.callFunction({ name: 'echo', data: { a: 1 }, success: resolve, fail: reject }));
    assert.deepEqual(answered.result, { a: 1 });
    assert.deepEqual(server.logins, [{ platform: 'wechat', code: 'wx-code-1' }]);
    assert.equal(server.to('/v1/functions/echo')[0].headers['x-sampan-env'], 'env-a');
    assert.deepEqual((await wx.cloud.database({ env: 'prod-8abc' }).collection('c').get()).errMsg, 'collection.get:ok');
    const [stored] = Object.values(wx.stored);
    assert.equal(JSON.parse(stored).accessToken, 'access-1');
    server.plan('/v1/functions/echo', problem(503, 'OVERLOADED', 'full', { 'retry-after': '1' }));
    assert.deepEqual((await wx.cloud.callFunction({ name: 'echo', data: 1 })).result, 1);
  }, { wx });
});

test('in WeChat: a stored session outlives the page', async () => {
  const wx = fakeWechat();
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    await cloud.callFunction({ name: 'echo' });
    const again = freshCloud();
    again.init({ env: 'env-a', endpoint: server.endpoint });
    await again.callFunction({ name: 'echo' });
    assert.equal(wx.log.logins, 1);
  }, { wx });
});

test('in WeChat: uploads give a task with callbacks and a promise without', async () => {
  const wx = fakeWechat();
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    const filePath = temporaryFile('picture');
    const progress = [];
    const answered = await new Promise((resolve, reject) => {
      const task = cloud.uploadFile({ cloudPath: 'p.png', filePath, success: resolve, fail: reject });
      task.onProgressUpdate((update) => progress.push(update.progress));
    });
    assert.deepEqual(answered, { fileID: 'cloud://env-a/p.png', statusCode: 200, errMsg: 'cloud.uploadFile:ok' });
    assert.deepEqual(progress, [100]);
    assert.equal(server.files['p.png'].toString(), 'picture');
    assert.deepEqual(await cloud.downloadFile({ fileID: 'cloud://env-a/p.png' }),
      { tempFilePath: 'wxfile:///files/env-a/p.png', statusCode: 200, errMsg: 'cloud.downloadFile:ok' });
  }, { wx });
});

test('in Alipay: install, then an unchanged page', async () => {
  const my = fakeAlipay();
  await withServer(async (server, cloud) => {
    cloud.install({ env: 'env-a', endpoint: server.endpoint });
    const context = await my.cloud.createCloudContext({ env: 'env-00jx' });
    assert.deepEqual(await context.init(), { success: true });
    assert.deepEqual(server.logins, [{ platform: 'alipay', code: 'my-code-1' }]);
    assert.deepEqual(await context.callFunction({ name: 'echo', data: { a: 1 } }), { result: { a: 1 }, requestID: 'r-server' });
    assert.equal(server.to('/v1/functions/echo')[0].headers['x-sampan-env'], 'env-a');
    const called = await new Promise((resolve) => context.callFunction({ name: 'none', fail: (error) => resolve([error.error, error.errorMessage]) }));
    assert.deepEqual(called, [60005, 'There is no function named "none".']);
    assert.deepEqual(await context.uploadFile({ cloudPath: 'a.txt', filePath: temporaryFile('text') }), { fileID: 'cloud://env-a/a.txt', statusCode: 200, requestID: server.to('/v1/files')[0].headers['x-request-id'] });
    await assert.rejects(context.uploadFile({ cloudPath: 'a.txt', filePath: '/none' }), (error) => error.error === 60006);
    const saved = await context.downloadFile({ fileID: 'cloud://env-a/a.txt' });
    assert.equal(saved.tempFilePath, 'https://resource//files/env-a/a.txt');
  }, { my });
});

test('in Alipay: an expired token is refreshed although 401 is a failure there', async () => {
  const my = fakeAlipay();
  await withServer(async (server, cloud) => {
    const context = cloud.createCloudContext({ env: 'env-a', endpoint: server.endpoint });
    await context.callFunction({ name: 'echo' });
    server.valid.clear();
    assert.deepEqual((await context.callFunction({ name: 'echo', data: 1 })).result, 1);
    assert.deepEqual([server.logins.length, server.refreshes], [1, 1]);
  }, { my });
});

test('in a browser the session lies in localStorage and the file works as a plain script', async () => {
  await withServer(async (server) => {
    const stored = {};
    const page = {
      fetch, FormData, Blob, AbortController, URL, console, setTimeout, clearTimeout,
      localStorage: {
        getItem: (key) => (key in stored ? stored[key] : null),
        setItem: (key, value) => { stored[key] = String(value); },
        removeItem: (key) => { delete stored[key]; },
      },
    };
    const context = require('vm').createContext(page);
    require('vm').runInContext(fs.readFileSync(OUTPUT, 'utf8'), context);
    page.sampan.init({ env: 'env-a', endpoint: server.endpoint });
    const { result } = await page.sampan.callFunction({ name: 'echo', data: { a: 1 } });
    assert.equal(JSON.stringify(result), '{"a":1}');
    const [session] = Object.values(stored);
    assert.equal(JSON.parse(session).refreshToken, 'refresh-1');
    await page.sampan.uploadFile({ cloudPath: 'b.txt', filePath: new Blob(['blob']) });
    assert.equal(server.files['b.txt'].toString(), 'blob');
  });
});
