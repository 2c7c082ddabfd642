'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const flavours = require('../flavours');
const { createDatabase } = require('../database');
const { PlatformProblem } = require('../problems');

function database(name, answer, settings) {
  const execute = async (operation) => {
    const given = answer(operation);
    if (given instanceof Error) throw given;
    return JSON.stringify(given);
  };
  return createDatabase(execute, { flavour: flavours[name], defaultLimit: 100, maximumLimit: 1000, requestId: () => 'r-1', ...settings });
}

const problem = (status, code, detail) => new PlatformProblem({ status, code, detail, requestId: 'r-9' });

/** What the server answers to each operation of the table below. */
function server({ op, id, data }) {
  switch (op) {
    case 'get': return id === undefined ? { data: [{ _id: 'a' }, { _id: 'b' }] } : { data: { _id: id } };
    case 'count': return { total: 7 };
    case 'add': return Array.isArray(data) ? { ids: ['x', 'y'] } : { id: 'x' };
    case 'set': return { created: 1, updated: 0, id };
    case 'update': return { matched: 3, updated: 2 };
    case 'remove': return { removed: 4 };
    case 'aggregate': return { data: [{ n: 1 }] };
    case 'createCollection': return { created: true };
    default: return problem(400, 'UNKNOWN_OPERATION', op);
  }
}

const wrap = { wechat: (data) => ({ data }), alipay: (data) => ({ data }), tencent: (data) => data };

const CALLS = {
  get: (c) => c.where({ a: 1 }).get(),
  'doc.get': (c) => c.doc('a').get(),
  count: (c) => c.count(),
  add: (c, w) => c.add(w({ a: 1 })),
  'add many': (c, w) => c.add(w([{ a: 1 }, { a: 2 }])),
  'doc.set': (c, w) => c.doc('a').set(w({ a: 1 })),
  'doc.update': (c, w) => c.doc('a').update(w({ a: 1 })),
  update: (c, w) => c.where({ a: 1 }).update(w({ a: 1 })),
  'doc.remove': (c) => c.doc('a').remove(),
  remove: (c) => c.where({ a: 1 }).remove(),
  aggregate: (c) => c.aggregate().match({ a: 1 }).end(),
};

const EXPECTED = {
  wechat: {
    get: { data: [{ _id: 'a' }, { _id: 'b' }], errMsg: 'collection.get:ok' },
    'doc.get': { data: { _id: 'a' }, errMsg: 'document.get:ok' },
    count: { total: 7, errMsg: 'collection.count:ok' },
    add: { _id: 'x', errMsg: 'collection.add:ok' },
    'add many': { _ids: ['x', 'y'], errMsg: 'collection.add:ok' },
    'doc.set': { _id: 'a', stats: { updated: 0, created: 1 }, errMsg: 'document.set:ok' },
    'doc.update': { stats: { updated: 2 }, errMsg: 'document.update:ok' },
    update: { stats: { updated: 2 }, errMsg: 'collection.update:ok' },
    'doc.remove': { stats: { removed: 4 }, errMsg: 'document.remove:ok' },
    remove: { stats: { removed: 4 }, errMsg: 'collection.remove:ok' },
    aggregate: { list: [{ n: 1 }], errMsg: 'collection.aggregate:ok' },
  },
  alipay: {
    get: [{ _id: 'a' }, { _id: 'b' }],
    'doc.get': { _id: 'a' },
    count: { total: 7 },
    add: { _id: 'x' },
    'add many': { _ids: ['x', 'y'] },
    'doc.set': { _id: 'a', count: 1 },
    'doc.update': { count: 2 },
    update: { count: 2 },
    'doc.remove': { count: 4 },
    remove: { count: 4 },
    aggregate: [{ n: 1 }],
  },
  tencent: {
    get: { data: [{ _id: 'a' }, { _id: 'b' }], requestId: 'r-1' },
    'doc.get': { data: [{ _id: 'a' }], requestId: 'r-1' },
    count: { total: 7, requestId: 'r-1' },
    add: { id: 'x', requestId: 'r-1' },
    'add many': { ids: ['x', 'y'], requestId: 'r-1' },
    'doc.set': { updated: 0, upsertedId: 'a', requestId: 'r-1' },
    'doc.update': { updated: 2, requestId: 'r-1' },
    update: { updated: 2, requestId: 'r-1' },
    'doc.remove': { deleted: 4, requestId: 'r-1' },
    remove: { deleted: 4, requestId: 'r-1' },
    aggregate: { data: [{ n: 1 }], requestId: 'r-1' },
  },
};

for (const name of Object.keys(EXPECTED)) {
  for (const call of Object.keys(CALLS)) {
    test(`${name} ${call}`, async () => {
      assert.deepEqual(await CALLS[call](database(name, server).collection('c'), wrap[name]), EXPECTED[name][call]);
    });
  }
}

test('dates and places come back as objects', async () => {
  const db = database('wechat', () => ({ data: [{ at: { $date: 5 }, in: [{ deep: { $date: 6 } }], place: { type: 'Point', coordinates: [113, 23] } }] }));
  const { data: [doc] } = await db.collection('c').get();
  assert.deepEqual([doc.at, doc.in[0].deep], [new Date(5), new Date(6)]);
  assert.ok(doc.place instanceof db.Geo.Point);
  assert.deepEqual([doc.place.longitude, doc.place.latitude], [113, 23]);
  assert.equal(JSON.stringify(doc.place), '{"type":"Point","coordinates":[113,23]}');
});

test('a missing document: an error in WeChat unless told otherwise, nothing in the others', async () => {
  const missing = () => problem(404, 'DOCUMENT_NOT_FOUND', 'document with _id x does not exist');
  await assert.rejects(database('wechat', missing).collection('c').doc('x').get(),
    (error) => error.errCode === -1 && error.errMsg === 'document.get:fail -1 document with _id x does not exist');
  assert.deepEqual(await database('wechat', missing, { throwOnNotFound: false }).collection('c').doc('x').get(), { data: null, errMsg: 'document.get:ok' });
  assert.equal(await database('alipay', missing).collection('c').doc('x').get(), null);
  assert.deepEqual(await database('tencent', missing).collection('c').doc('x').get(), { data: [], requestId: 'r-1' });
});

test('errors have the platform\'s numbers and keep the platform\'s own problem', async () => {
  for (const [status, code, wechat, alipay] of [
    [403, 'PERMISSION_DENIED', -502003, 60005], [404, 'COLLECTION_NOT_FOUND', -502005, 60005], [400, 'INVALID_QUERY', -502002, 60001],
    [500, 'INTERNAL_ERROR', -502001, 60005], [429, 'FUNCTION_BUSY', -501004, 60005], [0, 'TIMEOUT', -501002, 60003], [0, 'NETWORK', -1, 60004],
    [413, 'TOO_LARGE', -403001, 60005], [413, 'DOCUMENT_TOO_LARGE', -502001, 60005], [401, 'TOKEN_MISSING', -401001, 60005],
  ]) {
    const fails = () => problem(status, code, 'the reason');
    await assert.rejects(database('wechat', fails).collection('c').get(), (error) => {
      assert.equal(error.errCode, wechat, code);
      assert.equal(error.errMsg, `collection.get:fail ${wechat} the reason`);
      assert.equal(error.requestId, 'r-9');
      return error instanceof Error;
    });
    await assert.rejects(database('alipay', fails).collection('c').get(), (error) => {
      assert.equal(error.error, alipay, code);
      assert.equal(error.errorMessage, 'the reason');
      return true;
    });
    await assert.rejects(database('tencent', fails).collection('c').get(), { code, message: 'the reason' });
  }
});

test('typed values come back as what they are', async () => {
  const db = database('wechat', () => ({ data: [{
    bytes: { $binary: { base64: 'aGk=', subType: '00' } }, pattern: { $regularExpression: { pattern: '^a', options: 'i' } }, strange: { $regularExpression: { pattern: 'a', options: 'x' } },
    at: { $date: '2024-01-01T00:00:00Z' }, long: { $date: { $numberLong: '7' } }, deep: [{ bytes: { $binary: { base64: '', subType: '00' } } }], plain: { $binary: 5 },
  }] }));
  const { data: [doc] } = await db.collection('c').get();
  assert.ok(Buffer.isBuffer(doc.bytes));
  assert.equal(doc.bytes.toString(), 'hi');
  assert.deepEqual([doc.pattern, doc.at, doc.long, doc.deep[0].bytes.length, doc.plain], [/^a/i, new Date('2024-01-01'), new Date(7), 0, { $binary: 5 }]);
  assert.deepEqual(doc.strange, db.RegExp({ regexp: 'a', options: 'x' }));
});

test('that there are more documents than were answered stands on the result', async () => {
  const more = () => ({ data: [{ _id: 'a' }], more: true });
  assert.deepEqual(await database('wechat', more).collection('c').get(), { data: [{ _id: 'a' }], errMsg: 'collection.get:ok', more: true });
  assert.deepEqual(await database('tencent', more).collection('c').get(), { data: [{ _id: 'a' }], requestId: 'r-1', more: true });
  const list = await database('alipay', more).collection('c').get();
  assert.deepEqual([list, list.more, JSON.stringify(list)], [[{ _id: 'a' }], true, '[{"_id":"a"}]']);
});

test('callbacks get the result or the error, and complete in any case', async () => {
  const seen = [];
  const options = (name) => ({ success: (value) => seen.push([name, 'success', value.total]), fail: (error) => seen.push([name, 'fail', error.errCode]), complete: () => seen.push([name, 'complete']) });
  await database('wechat', server).collection('c').count(options('good'));
  await database('wechat', () => problem(403, 'PERMISSION_DENIED', '')).collection('c').count(options('bad')).catch(() => {});
  assert.deepEqual(seen, [['good', 'success', 7], ['good', 'complete'], ['bad', 'fail', -502003], ['bad', 'complete']]);
});

test('where nothing can be watched, as in a function, watch says so', async () => {
  for (const name of ['wechat', 'alipay', 'tencent']) {
    const db = database(name, server);
    const error = await new Promise((resolve) => db.collection('c').where({ a: 1 }).watch({ onChange() {}, onError: resolve }));
    assert.match(error.message, /A cloud function cannot watch/);
    assert.throws(() => db.collection('c').doc('1').watch({ onChange() {} }), /cannot watch/);
  }
});

test('what is asked to be watched, and what a watch refuses', async () => {
  const requests = [];
  const watch = (request) => {
    requests.push(request);
    return { close: () => Promise.resolve() };
  };
  const db = database('wechat', server, { watch, maximumLimit: 100 });
  const listener = { onChange() {}, onError() {} };
  db.collection('c').where({ a: db.command.gt(1) }).orderBy('a', 'desc').limit(500).field({ a: true }).watch(listener);
  db.collection('c').watch(listener);
  db.collection('c').doc(5).watch(listener);
  assert.deepEqual(requests, [
    { collection: 'c', where: { a: { $gt: 1 } }, orderBy: [['a', 'desc']], limit: 500 }, { collection: 'c' }, { collection: 'c', where: { _id: 5 } },
  ]);
  const refused = await new Promise((resolve) => db.collection('c').skip(5).watch({ onChange() {}, onError: resolve }));
  assert.deepEqual([refused.errCode, refused.errMsg], [-401003, 'collection.watch:fail -401003 A watch begins with the first document; leave skip out.']);
  assert.throws(() => db.collection('c').watch({}), /needs \{onChange, onError\}/);
  const transaction = await db.startTransaction();
  assert.throws(() => transaction.collection('c').doc('a').watch({ onChange() {} }), /outside of transactions/);
});

/** A server with transactions whose commits fail a number of times. */
function transactionServer(conflicts) {
  const operations = [];
  const names = [];
  let left = conflicts;
  const answer = (operation) => {
    if (!names.includes(operation.transaction)) names.push(operation.transaction);
    operations.push([operation.op, names.indexOf(operation.transaction) + 1, operation.id]);
    if (operation.op === 'commit') {
      if (left > 0) {
        left -= 1;
        return problem(409, 'TRANSACTION_CONFLICT', 'try again');
      }
      return {};
    }
    if (operation.op === 'rollback') return {};
    return server(operation);
  };
  return { operations, answer };
}

test('runTransaction commits what the body did and answers its value', async () => {
  const { operations, answer } = transactionServer(0);
  const result = await database('wechat', answer).runTransaction(async (transaction) => {
    const { data } = await transaction.collection('c').doc('a').get();
    await transaction.collection('c').doc(data._id).update({ data: { n: 1 } });
    await transaction.collection('c').add({ data: { n: 2 } });
    return 'done';
  });
  assert.equal(result, 'done');
  assert.deepEqual(operations, [['get', 1, 'a'], ['update', 1, 'a'], ['add', 1, undefined], ['commit', 1, undefined]]);
});

test('runTransaction starts again after a conflict, at most three times', async () => {
  const twice = transactionServer(2);
  assert.equal(await database('wechat', twice.answer).runTransaction(async () => 'third'), 'third');
  assert.deepEqual(twice.operations, [['commit', 1, undefined], ['commit', 2, undefined], ['commit', 3, undefined]]);
  const always = transactionServer(99);
  await assert.rejects(database('wechat', always.answer).runTransaction(async () => 1), (error) => error.errCode === -502001);
  assert.deepEqual(always.operations.map(([, transaction]) => transaction), [1, 2, 3]);
});

test('a body that throws is rolled back and not repeated; rollback(reason) rejects with the reason', async () => {
  const thrown = transactionServer(0);
  await assert.rejects(database('wechat', thrown.answer).runTransaction(async () => { throw new Error('mine'); }), /mine/);
  assert.deepEqual(thrown.operations.map(([op]) => op), ['rollback']);
  const rolledBack = transactionServer(0);
  await assert.rejects(
    database('wechat', rolledBack.answer).runTransaction(async (transaction) => { await transaction.rollback(-100); }),
    (reason) => reason === -100,
  );
  assert.deepEqual(rolledBack.operations.map(([op]) => op), ['rollback']);
});

test('queries inside a transaction carry its name', async () => {
  const sent = [];
  const db = database('wechat', (operation) => {
    sent.push(operation);
    return operation.op === 'count' ? { total: 2 } : operation.op === 'update' ? { matched: 2, updated: 2 } : { data: [] };
  });
  await db.runTransaction(async (transaction) => {
    const collection = transaction.collection('c');
    await collection.where({ a: 1 }).orderBy('n', 'desc').limit(5).get();
    assert.equal((await collection.where({ a: 1 }).count()).total, 2);
    await collection.aggregate().match({ a: 1 }).end();
    await collection.where({ a: 1 }).update({ data: { b: 1 } });
    await assert.rejects(collection.where({}).findOneAndDelete(), /not for transactions/);
    await assert.rejects(collection.bulkWrite([{ remove: { where: {} } }]), /not for transactions/);
  });
  const [get, count, aggregate, update, commit] = sent;
  assert.deepEqual([get.op, get.where, get.limit], ['get', { a: 1 }, 5]);
  assert.deepEqual([count.op, aggregate.op, update.op, commit.op], ['count', 'aggregate', 'update', 'commit']);
  assert.equal(new Set(sent.map(({ transaction }) => transaction)).size, 1);
});

test('startTransaction: by hand, and closed after its end', async () => {
  const { operations, answer } = transactionServer(0);
  const transaction = await database('tencent', answer).startTransaction();
  assert.deepEqual(await transaction.collection('c').doc('a').get(), { data: { _id: 'a' }, requestId: 'r-1' });
  await transaction.commit();
  await assert.rejects(transaction.collection('c').doc('a').get(), /ended already/);
  await assert.rejects(transaction.collection('c').where({}).get(), /ended already/);
  assert.deepEqual(operations.map(([op]) => op), ['get', 'commit']);
});

test('a collection that is there already cannot be created, as on the platforms', async () => {
  const there = () => ({ created: false });
  await assert.rejects(database('wechat', there).createCollection('sales'), (error) => {
    assert.deepEqual([error.errCode, error.problem.code], [-501001, 'COLLECTION_EXISTS']);
    assert.match(error.errMsg, /^database.createCollection:fail -501001 .*"sales"/);
    return true;
  });
  await assert.rejects(database('tencent', there).createCollection('sales'), (error) => error.code === 'COLLECTION_EXISTS');
  await assert.rejects(database('alipay', there).createCollection('sales'), /already/);
  const made = () => ({ created: true });
  assert.deepEqual(await database('wechat', made).createCollection('sales'), { errMsg: 'database.createCollection:ok' });
});
