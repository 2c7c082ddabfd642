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

const DRIVER = `module.exports = async (ctx) => {
  const c = ctx.mpserverless.db.collection('c');
  return eval('(async () => ' + ctx.args.source + ')()');
};`;

/** Calls of the driver-style API: what they send (without the collection) for which answer, and what they answer. */
const CALLS = [
  ["c.find({ k: 'a', at: { $gt: new Date(5) } }, { sort: { n: -1 }, skip: 1, limit: 2, projection: { n: 1 } })",
    { op: 'get', where: { k: 'a', at: { $gt: { $date: 5 } } }, limit: 2, orderBy: [['n', 'desc']], skip: 1, projection: { n: 1 } },
    { data: [{ _id: '1', n: 1 }], more: true }, { success: true, result: [{ _id: '1', n: 1 }], affectedDocs: 1, more: true }],
  ["c.find({ a: { b: 1 }, $or: [{ c: /^x/i }, { d: { $regex: /y/ } }], 'l': { $elemMatch: { n: { $gt: 1 } } } })",
    { op: 'get', limit: 1000, where: { a: { b: 1 }, $or: [{ c: { $regex: '^x', $options: 'i' } }, { d: { $regex: 'y' } }], l: { $elemMatch: { n: { $gt: 1 } } } } },
    { data: [] }, { success: true, result: [], affectedDocs: 0 }],
  ["c.findOne({ k: 'z' })", { op: 'get', where: { k: 'z' }, limit: 1 }, { data: [] }, { success: true, result: null, affectedDocs: 0 }],
  ['c.count()', { op: 'count', where: {} }, { total: 2 }, { success: true, result: 2 }],
  ["c.distinct('tags', { k: 1 })", { op: 'distinct', field: 'tags', where: { k: 1 } }, { values: ['a', 'b'] }, { success: true, result: ['a', 'b'] }],
  ["c.aggregate([{ $match: { k: /x/ } }, { $group: { _id: '$k', n: { $sum: 1 } } }])",
    { op: 'aggregate', pipeline: [{ $match: { k: { $regex: 'x' } } }, { $group: { _id: '$k', n: { $sum: 1 } } }] },
    { data: [{ _id: 'x', n: 2 }] }, { success: true, result: [{ _id: 'x', n: 2 }] }],
  ["c.aggregate([{ $match: {} }, { $out: 'd' }])", { op: 'aggregate', pipeline: [{ $match: {} }, { $out: 'd' }] },
    { data: [], written: 3 }, { success: true, result: [], affectedDocs: 3 }],
  ["c.insertOne({ a: new Date(5), b: Buffer.from('hi') })", { op: 'add', data: { a: { $date: 5 }, b: { $binary: { base64: 'aGk=', subType: '00' } } } },
    { id: 'n' }, { success: true, result: { insertedId: 'n', _id: 'n' }, affectedDocs: 1 }],
  ['c.insertMany([{ a: 1 }, { a: 2 }])', { op: 'add', data: [{ a: 1 }, { a: 2 }] },
    { ids: ['n0', 'n1'] }, { success: true, result: { insertedIds: ['n0', 'n1'] }, affectedDocs: 2 }],
  ["c.updateOne({ k: 'a' }, { $set: { z: 1 } })", { op: 'update', where: { k: 'a' }, update: { $set: { z: 1 } }, multi: false },
    { matched: 1, updated: 1 }, { success: true, result: { matchedCount: 1, modifiedCount: 1 }, affectedDocs: 1 }],
  ["c.updateMany({ k: 'a' }, { $pull: { l: { n: { $lt: 2 } } } })", { op: 'update', where: { k: 'a' }, update: { $pull: { l: { n: { $lt: 2 } } } }, multi: true },
    { matched: 3, updated: 2 }, { success: true, result: { matchedCount: 3, modifiedCount: 2 }, affectedDocs: 2 }],
  ["c.updateOne({ k: 'a' }, { $set: { 'l.$[x].n': 1 }, $setOnInsert: { s: 1 } }, { upsert: true, arrayFilters: [{ 'x.n': { $gt: 1 } }] })",
    { op: 'update', where: { k: 'a' }, update: { $set: { 'l.$[x].n': 1 }, $setOnInsert: { s: 1 } }, multi: false, upsert: true, arrayFilters: [{ 'x.n': { $gt: 1 } }] },
    { matched: 0, updated: 0, upsertedId: 'u' },
    { success: true, result: { matchedCount: 0, modifiedCount: 0, upsertedId: 'u', upsertedCount: 1 }, affectedDocs: 1 }],
  ["c.updateMany({}, [{ $set: { total: { $add: ['$a', '$b'] } } }])", { op: 'update', where: {}, update: [{ $set: { total: { $add: ['$a', '$b'] } } }], multi: true },
    { matched: 1, updated: 1 }, { success: true, result: { matchedCount: 1, modifiedCount: 1 }, affectedDocs: 1 }],
  ["c.replaceOne({ k: 'a' }, { _id: '1', k: 'b' })", { op: 'replace', where: { k: 'a' }, data: { k: 'b' } },
    { matched: 1, updated: 1 }, { success: true, result: { matchedCount: 1, modifiedCount: 1 }, affectedDocs: 1 }],
  ["c.replaceOne({ k: 'a' }, { _id: '9', k: 'b' }, { upsert: true })", { op: 'replace', where: { k: 'a' }, data: { _id: '9', k: 'b' }, upsert: true },
    { matched: 0, updated: 0, upsertedId: '9' },
    { success: true, result: { matchedCount: 0, modifiedCount: 0, upsertedId: '9', upsertedCount: 1 }, affectedDocs: 1 }],
  ["c.deleteOne({ k: 'a' })", { op: 'remove', where: { k: 'a' }, multi: false }, { removed: 1 }, { success: true, result: { deletedCount: 1 }, affectedDocs: 1 }],
  ["c.deleteMany({ k: 'a' })", { op: 'remove', where: { k: 'a' }, multi: true }, { removed: 4 }, { success: true, result: { deletedCount: 4 }, affectedDocs: 4 }],
  ["c.findOneAndUpdate({ n: 1 }, { $inc: { n: 1 } }, { sort: { n: 1 }, projection: { n: 1 }, returnDocument: 'after' })",
    { op: 'findOneAndUpdate', where: { n: 1 }, update: { $inc: { n: 1 } }, orderBy: [['n', 'asc']], projection: { n: 1 }, return: 'after' },
    { data: { _id: '1', n: 2 } }, { success: true, result: { _id: '1', n: 2 }, affectedDocs: 1 }],
  ["c.findOneAndUpdate({ n: 1 }, { $inc: { n: 1 } }, { upsert: true })",
    { op: 'findOneAndUpdate', where: { n: 1 }, update: { $inc: { n: 1 } }, upsert: true }, { data: null }, { success: true, result: null, affectedDocs: 1 }],
  ["c.findOneAndReplace({ n: 1 }, { n: 5 }, { returnOriginal: false })", { op: 'findOneAndReplace', where: { n: 1 }, data: { n: 5 }, return: 'after' },
    { data: { _id: '1', n: 5 } }, { success: true, result: { _id: '1', n: 5 }, affectedDocs: 1 }],
  ["c.findOneAndDelete({ n: 9 }, { sort: [['n', -1]] })", { op: 'findOneAndDelete', where: { n: 9 }, orderBy: [['n', 'desc']] },
    { data: null }, { success: true, result: null, affectedDocs: 0 }],
  [`c.bulkWrite([{ insertOne: { document: { a: 1 } } }, { updateOne: { filter: { a: 1 }, update: { $set: { b: 1 } }, upsert: true } }, { updateMany: { filter: {}, update: { $inc: { c: 1 } } } },
    { replaceOne: { filter: { a: 2 }, replacement: { a: 3 } } }, { deleteOne: { filter: { a: 4 } } }, { deleteMany: { filter: { a: 5 } } }], { ordered: false })`,
  { op: 'bulkWrite', ordered: false, operations: [
    { add: { a: 1 } }, { update: { where: { a: 1 }, update: { $set: { b: 1 } }, multi: false, upsert: true } }, { update: { where: {}, update: { $inc: { c: 1 } }, multi: true } },
    { replace: { where: { a: 2 }, data: { a: 3 } } }, { remove: { where: { a: 4 }, multi: false } }, { remove: { where: { a: 5 }, multi: true } }] },
  { results: [{}], inserted: 1, matched: 3, updated: 2, removed: 2, upserted: 1 },
  { success: true, result: { insertedCount: 1, matchedCount: 3, modifiedCount: 2, deletedCount: 2, upsertedCount: 1 }, affectedDocs: 6 }],
];

test('the driver-style database: every call, what it sends and what it answers', async () => {
  const sent = [];
  let answer;
  const database = (operation) => {
    sent.push(operation);
    return answer;
  };
  await withFunction(DRIVER, { database }, async (harness) => {
    let id = 0;
    for (const [source, expected, given, result] of CALLS) {
      answer = given;
      id += 1;
      assert.deepEqual(await harness.run(id, { source }), result, source);
      assert.deepEqual(sent.pop(), { collection: 'c', ...expected }, source);
    }
  });
});

test('the driver-style database refuses what is no update, and tells the failure of a bulk write', async () => {
  const database = () => ({ results: [{}, { error: { status: 409, code: 'DUPLICATE_KEY', detail: 'twice' } }], inserted: 1, matched: 0, updated: 0, removed: 0, upserted: 0 });
  await withFunction(DRIVER, { database }, async (harness) => {
    await assert.rejects(harness.run(1, { source: 'c.updateOne({}, { a: 1 })' }), /consists of operators/);
    await assert.rejects(harness.run(2, { source: 'c.findOneAndUpdate({}, {})' }), /at least one field/);
    await assert.rejects(harness.run(3, { source: 'c.replaceOne({}, { $set: { a: 1 } })' }), /whole document/);
    await assert.rejects(harness.run(4, { source: 'c.bulkWrite([{ upsertOne: {} }])' }), /one of insertOne/);
    await assert.rejects(harness.run(5, { source: 'c.bulkWrite([{ insertOne: { document: {} } }, { insertOne: { document: {} } }])' }), /twice/);
    await assert.rejects(harness.run(6, { source: 'c.aggregate({})' }), /array of stages/);
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
