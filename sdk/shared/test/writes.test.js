'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const flavours = require('../flavours');
const { createDatabase } = require('../database');
const { encodeBase64, decodeBase64 } = require('../base64');

/** A database that records what it sends and answers what the test wants. */
function recorder(name, answer) {
  const operations = [];
  const execute = async (operation) => {
    operations.push(JSON.parse(JSON.stringify(operation)));
    return JSON.stringify(answer);
  };
  const db = createDatabase(execute, { flavour: flavours[name], defaultLimit: 100, maximumLimit: 1000, requestId: () => 'r-1' });
  return { db, operations, _: db.command };
}

/** Tencent's calls take the data and then the options, the others one object with both. */
const given = (name, data, options) => (name === 'tencent' ? [data, options] : [{ data, ...options }]);

const DOCUMENT = { _id: 'a', n: 2 };
const SHAPES = {
  wechat: {
    found: { data: DOCUMENT, errMsg: 'collection.findOneAndUpdate:ok' }, returned: { updated: 1, doc: DOCUMENT, errMsg: 'collection.updateAndReturn:ok' },
    values: { data: ['x', 'y'], errMsg: 'collection.distinct:ok' }, upserted: { stats: { updated: 0 }, upsertedId: 'u', errMsg: 'collection.update:ok' },
  },
  alipay: { found: DOCUMENT, returned: { updated: 1, doc: DOCUMENT }, values: ['x', 'y'], upserted: { count: 0, upsertedId: 'u' } },
  tencent: {
    found: { data: DOCUMENT, requestId: 'r-1' }, returned: { updated: 1, doc: DOCUMENT, requestId: 'r-1' },
    values: { data: ['x', 'y'], requestId: 'r-1' }, upserted: { updated: 0, upsertedId: 'u', requestId: 'r-1' },
  },
};

for (const name of Object.keys(SHAPES)) {
  test(`${name}: findOneAndUpdate changes the first document and answers it`, async () => {
    const { db, operations, _ } = recorder(name, { data: DOCUMENT });
    const query = db.collection('c').where({ k: 1 }).orderBy('n', 'desc').field({ n: true });
    const result = await query.findOneAndUpdate(...given(name, { n: _.inc(1), 'l.$[x].m': 1 }, { returnDocument: 'after', upsert: true, arrayFilters: [{ 'x.m': _.gt(1) }] }));
    assert.deepEqual(result, SHAPES[name].found);
    assert.deepEqual(operations, [{
      op: 'findOneAndUpdate', collection: 'c', where: { k: 1 }, orderBy: [['n', 'desc']], projection: { n: 1 },
      update: { $inc: { n: 1 }, $set: { 'l.$[x].m': 1 } }, return: 'after', upsert: true, arrayFilters: [{ 'x.m': { $gt: 1 } }],
    }]);
  });

  test(`${name}: findOneAndReplace, findOneAndDelete, and all of them by id`, async () => {
    const { db, operations } = recorder(name, { data: null });
    const c = db.collection('c');
    await c.where({ k: 1 }).findOneAndReplace(...given(name, { a: 1 }, { upsert: true }));
    await c.where({ k: 1 }).orderBy('n').findOneAndDelete();
    await c.doc('x').findOneAndUpdate(...given(name, { a: 1 }, { returnDocument: 'before' }));
    await c.doc('x').field({ a: true }).findOneAndReplace(...given(name, { a: 1 }, { returnDocument: 'after' }));
    const nothing = await c.doc('x').findOneAndDelete();
    assert.equal(name === 'alipay' ? nothing : nothing.data, null);
    assert.deepEqual(operations, [
      { op: 'findOneAndReplace', collection: 'c', where: { k: 1 }, data: { a: 1 }, upsert: true },
      { op: 'findOneAndDelete', collection: 'c', where: { k: 1 }, orderBy: [['n', 'asc']] },
      { op: 'findOneAndUpdate', collection: 'c', id: 'x', update: { $set: { a: 1 } }, return: 'before' },
      { op: 'findOneAndReplace', collection: 'c', id: 'x', projection: { a: 1 }, data: { a: 1 }, return: 'after' },
      { op: 'findOneAndDelete', collection: 'c', id: 'x' },
    ]);
  });

  test(`${name}: updateAndReturn`, async () => {
    const { db, operations, _ } = recorder(name, { data: DOCUMENT });
    assert.deepEqual(await db.collection('c').where({ k: 1 }).updateAndReturn(...given(name, { n: _.inc(1) })), SHAPES[name].returned);
    await db.collection('c').doc('a').updateAndReturn(...given(name, { n: 5 }));
    assert.deepEqual(operations, [
      { op: 'findOneAndUpdate', collection: 'c', where: { k: 1 }, update: { $inc: { n: 1 } }, return: 'after' },
      { op: 'findOneAndUpdate', collection: 'c', id: 'a', update: { $set: { n: 5 } }, return: 'after' },
    ]);
  });

  test(`${name}: distinct`, async () => {
    const { db, operations, _ } = recorder(name, { values: ['x', 'y'] });
    assert.deepEqual(await db.collection('c').where({ n: _.gt(1) }).distinct('kind'), SHAPES[name].values);
    await db.collection('c').distinct('a.b');
    assert.deepEqual(operations, [{ op: 'distinct', collection: 'c', field: 'kind', where: { n: { $gt: 1 } } }, { op: 'distinct', collection: 'c', field: 'a.b' }]);
    await assert.rejects(db.collection('c').distinct(), /The field of distinct/);
  });

  test(`${name}: update with upsert, multi and arrayFilters`, async () => {
    const { db, operations, _ } = recorder(name, { matched: 0, updated: 0, upsertedId: 'u' });
    const result = await db.collection('c').where({ k: 1 }).update(...given(name, { 'l.$[x]': 9 }, { upsert: true, multi: false, arrayFilters: [{ x: _.gte(5) }] }));
    assert.deepEqual(result, SHAPES[name].upserted);
    await db.collection('c').doc('a').update(...given(name, { n: 1 }, { upsert: true }));
    assert.deepEqual(operations, [
      { op: 'update', collection: 'c', where: { k: 1 }, update: { $set: { 'l.$[x]': 9 } }, upsert: true, multi: false, arrayFilters: [{ x: { $gte: 5 } }] },
      { op: 'update', collection: 'c', id: 'a', update: { $set: { n: 1 } }, upsert: true },
    ]);
  });

  test(`${name}: bulkWrite sends all kinds of writes, and shapes the failures among the results`, async () => {
    const answer = { results: [{ id: 'x' }, { error: { status: 409, code: 'DUPLICATE_KEY', detail: 'twice' } }], inserted: 1, matched: 2, updated: 2, removed: 1, upserted: 0 };
    const { db, operations, _ } = recorder(name, answer);
    const writes = [
      { add: { a: new Date(5) } }, { set: { id: 's', data: { b: 1 } } }, { update: { where: { k: _.gt(1) }, data: { n: _.inc(1) }, multi: false, upsert: true } },
      { update: { id: 'u', update: { $set: { 'l.$[x]': 1 } }, arrayFilters: [{ x: 0 }] } }, { replace: { where: { k: 2 }, data: { k: 3 }, upsert: false } },
      { remove: { id: 'r' } }, { remove: { where: {}, multi: true } },
    ];
    const result = await db.collection('c').bulkWrite(...(name === 'tencent' ? [writes, { ordered: false }] : [{ operations: writes, ordered: false }]));
    const { results, ...counts } = result;
    assert.deepEqual(results[0], { id: 'x' });
    assert.equal(results[1].error.problem.code, 'DUPLICATE_KEY');
    assert.deepEqual([counts.inserted, counts.matched, counts.updated, counts.removed, counts.upserted], [1, 2, 2, 1, 0]);
    assert.deepEqual(operations, [{ op: 'bulkWrite', collection: 'c', ordered: false, operations: [
      { add: { a: { $date: 5 } } }, { set: { id: 's', data: { b: 1 } } }, { update: { where: { k: { $gt: 1 } }, update: { $inc: { n: 1 } }, multi: false, upsert: true } },
      { update: { id: 'u', update: { $set: { 'l.$[x]': 1 } }, arrayFilters: [{ x: 0 }] } }, { replace: { where: { k: 2 }, data: { k: 3 }, upsert: false } },
      { remove: { id: 'r' } }, { remove: { where: {}, multi: true } },
    ] }]);
  });
}

test('what these writes refuse before anything is sent', async () => {
  const { db, operations } = recorder('wechat', {});
  const c = db.collection('c');
  const many = c.where({ k: 1 });
  for (const [call, words] of [
    [() => c.findOneAndUpdate({ data: { a: 1 } }), /findOneAndUpdate needs a where/], [() => c.updateAndReturn({ data: { a: 1 } }), /updateAndReturn needs a where/],
    [() => many.findOneAndUpdate({ data: { a: 1 }, returnDocument: 'new' }), /'before' or 'after'/], [() => many.findOneAndReplace({ data: { _id: 'x' } }), /keeps the _id/],
    [() => many.update({ data: { a: 1 }, upsert: 1 }), /upsert is true or false/], [() => many.update({ data: { a: 1 }, arrayFilters: {} }), /array of conditions/],
    [() => c.bulkWrite({}), /array of operations/], [() => c.bulkWrite([]), /1 to 1000/], [() => c.bulkWrite(Array(1001).fill({ add: {} })), /1 to 1000/],
    [() => c.bulkWrite([{ add: {}, remove: {} }]), /one of add, set/], [() => c.bulkWrite([{ drop: {} }]), /one of add, set/], [() => c.bulkWrite([{ remove: {} }]), /an id or a where/],
    [() => c.bulkWrite([{ set: { data: {} } }]), /needs the _id/], [() => c.bulkWrite([{ add: null }]), /one of add, set/],
  ]) await assert.rejects(call(), words);
  await assert.rejects((await db.startTransaction()).collection('c').doc('a').findOneAndDelete(), /A transaction reads/);
  assert.equal(operations.length, 0);
});

test('callbacks of the new calls', async () => {
  const { db } = recorder('wechat', { data: DOCUMENT });
  const result = await new Promise((resolve, reject) => db.collection('c').where({}).findOneAndUpdate({ data: { n: 1 }, success: resolve, fail: reject }));
  assert.deepEqual(result.data, DOCUMENT);
});

test('Tencent\'s names in transactions: create and delete', async () => {
  const { db, operations } = recorder('tencent', { id: 'n', removed: 1 });
  const transaction = await db.startTransaction();
  assert.deepEqual(await transaction.collection('c').doc('n').create({ a: 1 }), { id: 'n', requestId: 'r-1' });
  assert.deepEqual(await transaction.collection('c').doc('n').delete(), { deleted: 1, requestId: 'r-1' });
  const [created, removed] = operations;
  assert.deepEqual([created.op, created.data, created.id], ['add', { a: 1, _id: 'n' }, undefined]);
  assert.deepEqual([removed.op, removed.id, removed.transaction === created.transaction], ['remove', 'n', true]);
});

test('runTransaction refuses what is no function and no number of attempts', async () => {
  const { db } = recorder('wechat', {});
  await assert.rejects(db.runTransaction(), /needs a function/);
  await assert.rejects(db.runTransaction(async () => 1, 0), /at least once/);
});

test('base64 without Buffer is the same as with it', () => {
  const { Buffer: kept } = globalThis;
  const samples = [0, 1, 2, 3, 4, 5, 20000].map((length) => kept.from(Array.from({ length }, (unused, index) => (index * 37 + 250) % 256)));
  try {
    globalThis.Buffer = undefined;
    for (const sample of samples) {
      const text = encodeBase64(new Uint8Array(sample));
      assert.equal(text, sample.toString('base64'));
      const bytes = decodeBase64(text);
      assert.ok(bytes instanceof Uint8Array && !kept.isBuffer(bytes));
      assert.ok(kept.from(bytes).equals(sample));
    }
    // A view sees a part of its memory only.
    assert.equal(encodeBase64(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)), 'AgM=');
  } finally {
    globalThis.Buffer = kept;
  }
});
