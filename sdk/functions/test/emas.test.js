'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { WorkerHarness } = require('./worker-harness');

async function withFunction(source, answers, body, settings) {
  const harness = await WorkerHarness.start();
  try {
    for (const [method, respond] of Object.entries(answers)) harness.answer(method, respond);
    await harness.specialise({ 'index.js': source }, settings);
    await body(harness);
  } finally {
    await harness.stop();
  }
}

test('an EMAS function gets one argument with args, env, logger and the HTTP request', async () => {
  const source = `module.exports = async (ctx) => {
    ctx.logger.info('hello', ctx.args.a);
    return { args: ctx.args, env: ctx.env.KEY, method: ctx.httpMethod, headers: ctx.headers, user: await ctx.mpserverless.user.getInfo() };
  };`;
  await withFunction(source, {}, async (harness) => {
    const answer = await harness.run(1, { a: 1 }, { openid: 'o', platform: 'alipay' });
    assert.deepEqual([answer.args, answer.env, answer.method], [{ a: 1 }, 'v', '']);
    assert.equal(answer.user.result.user.userId, 'o');
    assert.equal(answer.user.user.oAuthUserId, 'o', 'functions read it without result');
    assert.equal(harness.logs(1)[0].text, 'hello 1');
    const http = await harness.run(2, { path: '/x', httpMethod: 'POST', headers: { h: '1' }, body: 'b' }, { source: 'http' });
    assert.deepEqual([http.method, http.headers], ['POST', { h: '1' }]);
  }, { environment: { KEY: 'v' } });
});

test('ctx.httpclient sends queries, forms and JSON, and decodes the answer', async () => {
  const echo = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(201, { 'x-from': 'echo' });
      const { method, url, headers } = request;
      response.end(JSON.stringify({ method, url, type: headers['content-type'], body: Buffer.concat(chunks).toString() }));
    });
  });
  await new Promise((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${echo.address().port}`;
  const source = `module.exports = async ({ args, httpclient }) => {
    const { data, status, headers } = await httpclient.request(args.url, args.options);
    return { data: Buffer.isBuffer(data) ? data.length : data, status, from: headers['x-from'] };
  };`;
  await withFunction(source, {}, async (harness) => {
    const ask = (id, options, url) => harness.run(id, { url: url || `${address}/a`, options });
    const got = await ask(1, { data: { q: '茶' }, dataType: 'json' });
    assert.deepEqual([got.status, got.from, got.data.method, got.data.url], [201, 'echo', 'GET', '/a?q=%E8%8C%B6']);
    const form = (await ask(2, { method: 'POST', data: { a: 1 }, dataType: 'json' })).data;
    assert.deepEqual([form.type.split(';')[0], form.body], ['application/x-www-form-urlencoded', 'a=1']);
    const json = (await ask(3, { method: 'POST', headers: { 'Content-Type': 'application/json' }, data: { a: 1 }, dataType: 'json' })).data;
    assert.equal(json.body, '{"a":1}');
    assert.equal((await ask(4, { method: 'POST', contentType: 'json', data: { a: 1 }, dataType: 'json' })).data.body, '{"a":1}');
    assert.equal(typeof (await ask(5, { dataType: 'text' })).data, 'string');
    assert.ok((await ask(6)).data > 0, 'bytes when nothing else is asked for');
    const { text } = await harness.invoke(7, { url: 'http://127.0.0.1:1/', options: {} });
    assert.match(JSON.parse(text).message, /The request to http:\/\/127\.0\.0\.1:1\/ failed/);
  });
  echo.close();
});

test('a default export of an ES module is an EMAS function as well', async () => {
  const harness = await WorkerHarness.start();
  await harness.specialise({ 'index.mjs': 'export default async (ctx) => ctx.args.a + 1;' });
  assert.equal(await harness.run(1, { a: 1 }), 2);
  await harness.stop();
});

/** A database of one collection in memory, with just enough for these tests. */
function memory(documents, interfere) {
  const operations = [];
  const database = (operation) => {
    operations.push(operation);
    const { op, id, where, limit } = operation;
    const matching = documents.filter((doc) => Object.entries(where || {}).every(([key, value]) => doc[key] === value));
    if (op === 'begin') return { transaction: 't-1' };
    if (op === 'commit' || op === 'rollback') return {};
    if (op === 'get' && id !== undefined) {
      const data = documents.find((doc) => doc._id === id);
      if (data === undefined) throw { status: 404, code: 'DOCUMENT_NOT_FOUND', detail: 'none' };
      return { data };
    }
    if (op === 'get') {
      const data = JSON.parse(JSON.stringify(matching.slice(0, limit)));
      if (interfere) interfere(documents);
      return { data };
    }
    if (op === 'count') return { total: matching.length };
    if (op === 'add') return Array.isArray(operation.data) ? { ids: operation.data.map((unused, index) => `n${index}`) } : { id: 'n' };
    if (op === 'update' && id !== undefined) {
      documents[documents.findIndex((doc) => doc._id === id)] = { ...documents.find((doc) => doc._id === id), ...operation.update.$set };
      return { matched: 1, updated: 1 };
    }
    if (op === 'update') return { matched: matching.length, updated: operation.multi ? matching.length : Math.min(1, matching.length) };
    if (op === 'remove' && id !== undefined) return { removed: documents.splice(documents.findIndex((doc) => doc._id === id), 1).length };
    if (op === 'remove') return { removed: matching.length };
    throw { status: 400, code: 'UNKNOWN', detail: op };
  };
  return { operations, database };
}

const DRIVER = `module.exports = async (ctx) => {
  const c = ctx.mpserverless.db.collection('c');
  return eval('(async () => ' + ctx.args.source + ')()');
};`;

test('the driver-style database', async () => {
  const { operations, database } = memory([{ _id: '1', k: 'a', n: 1 }, { _id: '2', k: 'a', n: 2 }]);
  await withFunction(DRIVER, { database }, async (harness) => {
    let id = 0;
    const run = (source) => harness.run((id += 1), { source });
    assert.deepEqual(await run("c.find({ k: 'a' }, { sort: { n: -1 }, skip: 0, limit: 1, projection: { n: 1 } })"), { success: true, result: [{ _id: '1', k: 'a', n: 1 }], affectedDocs: 1 });
    assert.deepEqual(operations[0], { collection: 'c', op: 'get', where: { k: 'a' }, limit: 1, orderBy: [['n', 'desc']], skip: 0, projection: { n: 1 } });
    assert.deepEqual((await run("c.findOne({ k: 'z' })")).result, null);
    assert.equal((await run("c.count({ k: 'a' })")).result, 2);
    assert.deepEqual(await run('c.insertOne({ a: new Date(5) })'), { success: true, result: { insertedId: 'n', _id: 'n' }, affectedDocs: 1 });
    assert.deepEqual(operations[operations.length - 1].data, { a: { $date: 5 } });
    assert.deepEqual((await run('c.insertMany([{ a: 1 }, { a: 2 }])')).result.insertedIds, ['n0', 'n1']);
    assert.equal((await run("c.updateOne({ k: 'a' }, { $set: { z: 1 } })")).affectedDocs, 1);
    assert.equal((await run("c.updateMany({ k: 'a' }, { $set: { z: 1 } })")).affectedDocs, 2);
    assert.equal((await run("c.deleteMany({ k: 'none' })")).affectedDocs, 0);
    await assert.rejects(run("c.updateOne({ k: 'a' }, { $set: { z: 1 } }, { upsert: true })"), /upsert is not available/);
  });
});

test('findOneAndUpdate changes one document in a transaction, and answers it before or after', async () => {
  const { operations, database } = memory([{ _id: '1', n: 1 }]);
  await withFunction(DRIVER, { database }, async (harness) => {
    assert.deepEqual((await harness.run(1, { source: 'c.findOneAndUpdate({ n: 1 }, { $set: { n: 2 } })' })).result, { _id: '1', n: 1 });
    assert.deepEqual((await harness.run(2, { source: "c.findOneAndUpdate({ n: 2 }, { $set: { n: 3 } }, { returnDocument: 'after' })" })).result, { _id: '1', n: 3 });
    assert.equal((await harness.run(3, { source: 'c.findOneAndUpdate({ n: 9 }, { $set: { n: 3 } })' })).result, null);
    assert.deepEqual(operations.slice(0, 5).map(({ op, transaction }) => [op, transaction]),
      [['get', undefined], ['begin', undefined], ['get', 't-1'], ['update', 't-1'], ['commit', 't-1']]);
    assert.equal((await harness.run(4, { source: 'c.deleteOne({ n: 3 })' })).affectedDocs, 1);
  });
});

test('findOneAndUpdate looks again when the document changed between finding and locking it', async () => {
  let times = 2;
  const { operations, database } = memory([{ _id: '1', k: 'a', n: 1 }], ([document]) => {
    if (times > 0) document.n += 1;
    times -= 1;
  });
  await withFunction(DRIVER, { database }, async (harness) => {
    assert.deepEqual((await harness.run(1, { source: "c.findOneAndUpdate({ k: 'a' }, { $set: { done: true } }, { returnDocument: 'after' })" })).result, { _id: '1', k: 'a', n: 3, done: true });
    assert.deepEqual(operations.map(({ op }) => op),
      ['get', 'begin', 'get', 'rollback', 'get', 'begin', 'get', 'rollback', 'get', 'begin', 'get', 'update', 'get', 'commit']);
  });
});

test('functions, files and Alipay\'s open API', async () => {
  const source = `module.exports = async (ctx) => ({
    called: await ctx.mpserverless.function.invoke('other', { a: 1 }),
    token: await ctx.cloud.base.oauth.getToken('code-1'),
    refund: await ctx.cloud.payment.common.refund('no-1', '0.01', { appAuthToken: 'merchant' }),
    generic: await ctx.cloud.util.generic.execute('alipay.trade.query', { out_trade_no: '1' }),
    file: await ctx.mpserverless.file.uploadFile({ cloudPath: 'a.txt', fileContent: 'x' }),
  });`;
  await withFunction(source, {
    callFunction: ({ name, data }) => ({ name, data }),
    openapi: (request) => request,
    'file.upload': ({ cloudPath }) => ({ fileID: `cloud://env-test/${cloudPath}`, size: 1 }),
    'file.urls': ({ fileList }) => ({ fileList: [{ fileID: fileList[0], tempFileURL: 'https://u', maxAge: 1, status: 0, errMsg: 'ok' }] }),
  }, async (harness) => {
    assert.deepEqual(await harness.run(1, {}), {
      called: { success: true, result: { name: 'other', data: { a: 1 } }, requestId: 'r-1' },
      token: { platform: 'alipay', api: 'alipay.system.oauth.token', params: { grant_type: 'authorization_code', code: 'code-1' } },
      refund: { platform: 'alipay', api: 'alipay.trade.refund', params: { out_trade_no: 'no-1', refund_amount: '0.01' }, appAuthToken: 'merchant' },
      generic: { platform: 'alipay', api: 'alipay.trade.query', params: { out_trade_no: '1' } },
      file: { success: true, fileId: 'cloud://env-test/a.txt', fileUrl: 'https://u' },
    });
  });
});
