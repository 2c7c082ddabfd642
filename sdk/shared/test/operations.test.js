'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const flavours = require('../flavours');
const { createDatabase } = require('../database');

/** A database of one flavour that records its operations and answers what the test wants. */
function recorder(name, answer, settings) {
  const operations = [];
  const execute = async (operation) => {
    operations.push(JSON.parse(JSON.stringify(operation)));
    const given = typeof answer === 'function' ? answer(operation) : answer;
    return JSON.stringify(given === undefined ? { data: [] } : given);
  };
  const db = createDatabase(execute, { flavour: flavours[name], defaultLimit: 100, maximumLimit: 1000, requestId: () => 'r-1', ...settings });
  return { db, operations, _: db.command, $: db.command.aggregate };
}

async function whereOf(name, make) {
  const { db, operations, _ , $ } = recorder(name);
  await db.collection('c').where(make({ db, _, $ })).get();
  return operations[0].where;
}

const SAME_IN_ALL = [
  ['equality', () => ({ a: 1, b: 'x', c: null, d: true }), { a: 1, b: 'x', c: null, d: true }],
  ['eq', ({ _ }) => ({ a: _.eq({ x: 1 }) }), { a: { $eq: { x: 1 } } }],
  ['neq', ({ _ }) => ({ a: _.neq(1) }), { a: { $ne: 1 } }],
  ['gt', ({ _ }) => ({ a: _.gt(1) }), { a: { $gt: 1 } }],
  ['gte', ({ _ }) => ({ a: _.gte(1) }), { a: { $gte: 1 } }],
  ['lt', ({ _ }) => ({ a: _.lt(1) }), { a: { $lt: 1 } }],
  ['lte', ({ _ }) => ({ a: _.lte(1) }), { a: { $lte: 1 } }],
  ['in', ({ _ }) => ({ a: _.in([1, 2]) }), { a: { $in: [1, 2] } }],
  ['nin', ({ _ }) => ({ a: _.nin(['x']) }), { a: { $nin: ['x'] } }],
  ['exists', ({ _ }) => ({ a: _.exists(false) }), { a: { $exists: false } }],
  ['mod', ({ _ }) => ({ a: _.mod(10, 1), b: _.mod([3, 2]) }), { a: { $mod: [10, 1] }, b: { $mod: [3, 2] } }],
  ['all', ({ _ }) => ({ a: _.all(['x', 'y']) }), { a: { $all: ['x', 'y'] } }],
  ['size', ({ _ }) => ({ a: _.size(2) }), { a: { $size: 2 } }],
  ['elemMatch on members', ({ _ }) => ({ a: _.elemMatch({ n: _.gt(1), t: 'x' }) }), { a: { $elemMatch: { n: { $gt: 1 }, t: 'x' } } }],
  ['elemMatch on values', ({ _ }) => ({ a: _.elemMatch(_.gt(1).lt(5)) }), { a: { $elemMatch: { $gt: 1, $lt: 5 } } }],
  ['chain with and', ({ _ }) => ({ a: _.gt(1).and(_.lt(5)) }), { a: { $gt: 1, $lt: 5 } }],
  ['chain of operators', ({ _ }) => ({ a: _.gt(1).lt(5) }), { a: { $gt: 1, $lt: 5 } }],
  ['and that cannot be merged', ({ _ }) => ({ a: _.and(_.gt(1), _.gt(3)) }), { a: { $gt: 1 }, $and: [{ a: { $gt: 3 } }] }],
  ['chain with or', ({ _ }) => ({ a: _.eq(0).or(_.gt(9)) }), { $or: [{ a: { $eq: 0 } }, { a: { $gt: 9 } }] }],
  ['or on a field', ({ _ }) => ({ a: _.or([_.lt(1), 5]) }), { $or: [{ a: { $lt: 1 } }, { a: 5 }] }],
  ['two ors', ({ _ }) => ({ a: _.or(1, 2), b: _.or(3, 4) }), { $or: [{ a: 1 }, { a: 2 }], $and: [{ $or: [{ b: 3 }, { b: 4 }] }] }],
  ['nor on a field', ({ _ }) => ({ a: _.nor([_.eq(1), _.eq(2)]) }), { $nor: [{ a: { $eq: 1 } }, { a: { $eq: 2 } }] }],
  ['not', ({ _ }) => ({ a: _.not(_.gt(1)) }), { a: { $not: { $gt: 1 } } }],
  ['not of logic', ({ _ }) => ({ a: _.not(_.or(_.lt(1), _.gt(5))) }), { $nor: [{ $or: [{ a: { $lt: 1 } }, { a: { $gt: 5 } }] }] }],
  ['or at the top', ({ _ }) => _.or([{ a: 1 }, { b: _.gt(2) }]), { $or: [{ a: 1 }, { b: { $gt: 2 } }] }],
  ['and at the top', ({ _ }) => _.and({ a: 1 }, _.or({ b: 2 }, { c: 3 })), { a: 1, $or: [{ b: 2 }, { c: 3 }] }],
  ['chained at the top', ({ _ }) => _.or([{ a: 1 }, { b: 2 }]).and({ c: 3 }), { $or: [{ a: 1 }, { b: 2 }], c: 3 }],
  ['expr', ({ _, $ }) => _.expr($.gt(['$spent', '$budget'])), { $expr: { $gt: ['$spent', '$budget'] } }],
  ['regular expressions', ({ db }) => ({ a: /^x/i, b: db.RegExp({ regexp: 'y$', options: 's' }), c: new db.RegExp({ regexp: 'z' }) }),
    { a: { $regex: '^x', $options: 'i' }, b: { $regex: 'y$', $options: 's' }, c: { $regex: 'z' } }],
  ['a regular expression with g', () => ({ a: /x/g }), { a: { $regex: 'x' } }],
  ['not of a regular expression', ({ _ }) => ({ a: _.not(/x/) }), { a: { $not: { $regex: 'x' } } }],
  ['dates', ({ _ }) => ({ a: _.gte(new Date(1700000000000)), b: new Date(5) }), { a: { $gte: { $date: 1700000000000 } }, b: { $date: 5 } }],
  ['server date', ({ db, _ }) => ({ a: _.lt(db.serverDate({ offset: -5 })) }), { a: { $lt: { $serverDate: { offset: -5 } } } }],
  ['two dates on one field stay apart', ({ _ }) => ({ a: _.and(_.gt(new Date(1)), new Date(2)) }),
    { a: { $gt: { $date: 1 } }, $and: [{ a: { $date: 2 } }] }],
  ['the caller\'s openid', () => ({ _openid: '{openid}' }), { _openid: '{openid}' }],
  ['geoNear', ({ db, _ }) => ({ a: _.geoNear({ geometry: db.Geo.Point(113, 23), minDistance: 1, maxDistance: 5 }) }),
    { a: { $near: { $geometry: { type: 'Point', coordinates: [113, 23] }, $maxDistance: 5, $minDistance: 1 } } }],
  ['geoWithin', ({ db, _ }) => ({ a: _.geoWithin({ geometry: db.Geo.Polygon([db.Geo.LineString([db.Geo.Point(0, 0), db.Geo.Point(3, 2), db.Geo.Point(0, 0)])]) }) }),
    { a: { $geoWithin: { $geometry: { type: 'Polygon', coordinates: [[[0, 0], [3, 2], [0, 0]]] } } } }],
  ['geoWithin a circle', ({ db, _ }) => ({ a: _.geoWithin({ centerSphere: [db.Geo.Point(1, 2), 0.1] }) }),
    { a: { $geoWithin: { $centerSphere: [[1, 2], 0.1] } } }],
  ['geoIntersects', ({ db, _ }) => ({ a: _.geoIntersects({ geometry: new db.Geo.Point(1, 2) }) }),
    { a: { $geoIntersects: { $geometry: { type: 'Point', coordinates: [1, 2] } } } }],
  ['operators written by hand', () => ({ a: { $gt: 1 }, $or: [{ b: 1 }, { c: /x/ }] }), { a: { $gt: 1 }, $or: [{ b: 1 }, { c: { $regex: 'x' } }] }],
  ['commands in a nested object', ({ _ }) => ({ a: { b: { c: _.gt(1) }, d: 2 } }), { 'a.b.c': { $gt: 1 }, 'a.d': 2 }],
  ['some undefined values', () => ({ a: 1, b: undefined }), { a: 1 }],
  ['text', ({ _ }) => _.text({ search: 'tea' }), { $text: { $search: 'tea' } }],
];

for (const name of ['wechat', 'alipay', 'tencent']) {
  for (const [what, make, expected] of SAME_IN_ALL) {
    test(`${name} where: ${what}`, async () => assert.deepEqual(await whereOf(name, make), expected));
  }
}

/** What `db.command` writes and the same written by hand have one encoding. */
const BOTH_FORMS = [
  ['eq', ({ _ }) => _.eq(1), { $eq: 1 }], ['neq', ({ _ }) => _.neq(1), { $ne: 1 }], ['gt', ({ _ }) => _.gt(1), { $gt: 1 }],
  ['gte', ({ _ }) => _.gte(1), { $gte: 1 }], ['lt', ({ _ }) => _.lt(1), { $lt: 1 }], ['lte', ({ _ }) => _.lte(1), { $lte: 1 }],
  ['in', ({ _ }) => _.in([1, new Date(2), /x/]), { $in: [1, new Date(2), /x/] }, { $in: [1, { $date: 2 }, { $regex: 'x' }] }],
  ['nin', ({ _ }) => _.nin([1]), { $nin: [1] }], ['exists', ({ _ }) => _.exists(true), { $exists: true }], ['mod', ({ _ }) => _.mod(3, 1), { $mod: [3, 1] }],
  ['all', ({ _ }) => _.all([1, _.elemMatch({ n: _.gt(1) })]), { $all: [1, { $elemMatch: { n: { $gt: 1 } } }] }], ['size', ({ _ }) => _.size(2), { $size: 2 }],
  ['elemMatch on members', ({ _ }) => _.elemMatch({ n: _.gt(1) }), ({ _ }) => ({ $elemMatch: { n: _.gt(1) } }), { $elemMatch: { n: { $gt: 1 } } }],
  ['elemMatch on values', ({ _ }) => _.elemMatch(_.gt(1).lt(9)), { $elemMatch: { $gt: 1, $lt: 9 } }],
  ['elemMatch with logic on members', ({ _ }) => _.elemMatch(_.or([{ a: 1 }, { b: _.gt(2) }])), ({ _ }) => ({ $elemMatch: { $or: [{ a: 1 }, { b: _.gt(2) }] } }),
    { $elemMatch: { $or: [{ a: 1 }, { b: { $gt: 2 } }] } }],
  ['not', ({ _ }) => _.not(_.gt(1)), ({ _ }) => ({ $not: _.gt(1) }), { $not: { $gt: 1 } }],
  ['not of a pattern', ({ _ }) => _.not(/x/i), { $not: /x/i }, { $not: { $regex: 'x', $options: 'i' } }],
  ['equal to a pattern', ({ _ }) => _.eq(/x/i), { $eq: /x/i }, { $regex: 'x', $options: 'i' }],
  ['unequal to a pattern', ({ _ }) => _.neq(/x/), { $ne: /x/ }, { $not: { $regex: 'x' } }],
  ['a pattern', () => /x/i, { $regex: /x/i }, { $regex: 'x', $options: 'i' }],
  ['geoNear', ({ db, _ }) => _.geoNear({ geometry: db.Geo.Point(1, 2), maxDistance: 3 }), ({ db }) => ({ $near: { $geometry: db.Geo.Point(1, 2), $maxDistance: 3 } }),
    { $near: { $geometry: { type: 'Point', coordinates: [1, 2] }, $maxDistance: 3 } }],
  ['geoWithin', ({ _ }) => _.geoWithin({ geometry: { type: 'Polygon', coordinates: [[[0, 0], [1, 1], [0, 1], [0, 0]]] } }),
    { $geoWithin: { $geometry: { type: 'Polygon', coordinates: [[[0, 0], [1, 1], [0, 1], [0, 0]]] } } }],
  ['geoWithin a circle', ({ db, _ }) => _.geoWithin({ centerSphere: [db.Geo.Point(1, 2), 0.1] }), { $geoWithin: { $centerSphere: [[1, 2], 0.1] } }],
  ['geoIntersects', ({ db, _ }) => _.geoIntersects({ geometry: db.Geo.Point(1, 2) }), ({ db }) => ({ $geoIntersects: { $geometry: db.Geo.Point(1, 2) } }),
    { $geoIntersects: { $geometry: { type: 'Point', coordinates: [1, 2] } } }],
];

for (const [what, command, raw, expected] of BOTH_FORMS) {
  test(`where: ${what}, as a command and by hand`, async () => {
    const byHand = typeof raw === 'function' ? raw : () => raw;
    for (const name of ['wechat', 'alipay', 'tencent']) {
      const wanted = { a: expected === undefined ? raw : expected };
      assert.deepEqual(await whereOf(name, (given) => ({ a: command(given) })), wanted);
      assert.deepEqual(await whereOf(name, (given) => ({ a: byHand(given) })), wanted);
    }
  });
}

const WHOLE_DOCUMENT = [
  ['expr', ({ _, $ }) => _.expr($.gt(['$a', '$b'])), ({ $ }) => ({ $expr: $.gt(['$a', '$b']) }), { $expr: { $gt: ['$a', '$b'] } }],
  ['jsonSchema', ({ _ }) => _.jsonSchema({ required: ['a'] }), () => ({ $jsonSchema: { required: ['a'] } }), { $jsonSchema: { required: ['a'] } }],
  ['text', ({ _ }) => _.text({ search: 'tea', language: 'none' }), () => ({ $text: { $search: 'tea', $language: 'none' } }), { $text: { $search: 'tea', $language: 'none' } }],
  ['and', ({ _ }) => _.and([{ a: _.gt(1) }, { a: _.gt(2) }]), ({ _ }) => ({ a: _.gt(1), $and: [{ a: _.gt(2) }] }), { a: { $gt: 1 }, $and: [{ a: { $gt: 2 } }] }],
  ['or', ({ _ }) => _.or([{ a: 1 }, { b: _.gt(2) }]), ({ _ }) => ({ $or: [{ a: 1 }, { b: _.gt(2) }] }), { $or: [{ a: 1 }, { b: { $gt: 2 } }] }],
  ['nor', ({ _ }) => _.nor([{ a: 1 }, { b: /x/ }]), () => ({ $nor: [{ a: 1 }, { b: /x/ }] }), { $nor: [{ a: 1 }, { b: { $regex: 'x' } }] }],
  ['not', ({ _ }) => _.not({ a: 1 }), () => ({ $nor: [{ a: 1 }] }), { $nor: [{ a: 1 }] }],
  ['text beside other conditions', ({ _ }) => _.and([_.text('tea'), { a: 1 }]), () => ({ $text: { $search: 'tea' }, a: 1 }), { $text: { $search: 'tea' }, a: 1 }],
];

for (const [what, command, raw, expected] of WHOLE_DOCUMENT) {
  test(`where of the whole document: ${what}, as a command and by hand`, async () => {
    assert.deepEqual(await whereOf('wechat', command), expected);
    assert.deepEqual(await whereOf('wechat', raw), expected);
  });
}

test('logic inside of a field, written by hand, takes commands', async () => {
  assert.deepEqual(await whereOf('wechat', ({ _ }) => ({ age: { $or: [_.lt(3), { $gt: 65 }, 18] } })), { age: { $or: [{ $lt: 3 }, { $gt: 65 }, 18] } });
  assert.deepEqual(await whereOf('wechat', ({ _ }) => ({ a: _.gt(1).lt(9).not() })), { $nor: [{ a: { $gt: 1, $lt: 9 } }] });
});

test('options that stand beside a pattern win over its own', async () => {
  assert.deepEqual(await whereOf('wechat', () => ({ a: { $regex: /x/i, $options: 'm' }, b: { $options: 's', $regex: 'y' } })),
    { a: { $regex: 'x', $options: 'm' }, b: { $options: 's', $regex: 'y' } });
});

test('typed values written by hand stay what they are', async () => {
  assert.deepEqual(await whereOf('wechat', () => ({ a: { $date: 5 }, b: { $oid: '64' }, c: { d: { $numberLong: '9' } } })),
    { a: { $date: 5 }, b: { $oid: '64' }, 'c.d': { $numberLong: '9' } });
});

test('a nested object means its members in WeChat and the whole object in Alipay', async () => {
  const nested = () => ({ a: { b: { c: 1 }, d: [1] }, e: {} });
  assert.deepEqual(await whereOf('wechat', nested), { 'a.b.c': 1, 'a.d': [1], e: {} });
  assert.deepEqual(await whereOf('tencent', nested), { 'a.b.c': 1, 'a.d': [1], e: {} });
  assert.deepEqual(await whereOf('alipay', nested), { a: { b: { c: 1 }, d: [1] }, e: {} });
});

test('where refuses what would match by accident', () => {
  const { db, _ } = recorder('wechat');
  const c = db.collection('c');
  assert.throws(() => c.where({ a: undefined }), (error) => error.errCode === -401003 && /undefined/.test(error.errMsg));
  assert.throws(() => c.where('x'), /where needs an object/);
  assert.throws(() => c.where({ a: _.inc(1) }), /not a condition/);
  assert.throws(() => c.where(_.gt(1)), /condition on a field/);
  assert.throws(() => _.in('x'), /needs an array/);
});

async function updateOf(name, make) {
  const { db, operations, _ } = recorder(name, { matched: 1, updated: 1 });
  const data = make({ db, _ });
  await db.collection('c').doc('1').update(name === 'tencent' ? data : { data });
  return operations[0].update;
}

const UPDATES = [
  ['values', ({ db }) => ({ a: 1, b: 'x', c: null, d: new Date(3), e: db.serverDate(), f: [1, { g: 2 }], h: undefined }),
    { $set: { a: 1, b: 'x', c: null, d: { $date: 3 }, e: { $serverDate: { offset: 0 } }, f: [1, { g: 2 }] } }],
  ['set', ({ _ }) => ({ a: _.set({ b: 1 }) }), { $set: { a: { b: 1 } } }],
  ['remove', ({ _ }) => ({ a: _.remove() }), { $unset: { a: '' } }],
  ['inc and mul', ({ _ }) => ({ a: _.inc(-2), b: _.mul(10) }), { $inc: { a: -2 }, $mul: { b: 10 } }],
  ['min and max', ({ _ }) => ({ a: _.min(5), b: _.max(6) }), { $min: { a: 5 }, $max: { b: 6 } }],
  ['rename', ({ _ }) => ({ a: _.rename('b') }), { $rename: { a: 'b' } }],
  ['bit', ({ _ }) => ({ a: _.bit({ and: 5 }) }), { $bit: { a: { and: 5 } } }],
  ['push one', ({ _ }) => ({ a: _.push('x') }), { $push: { a: { $each: ['x'] } } }],
  ['push an object', ({ _ }) => ({ a: _.push({ b: new Date(1) }) }), { $push: { a: { $each: [{ b: { $date: 1 } }] } } }],
  ['push many', ({ _ }) => ({ a: _.push(['x', 'y']), b: _.push(1, 2) }), { $push: { a: { $each: ['x', 'y'] }, b: { $each: [1, 2] } } }],
  ['push with options', ({ _ }) => ({ a: _.push({ each: [3], position: 1, sort: { n: -1 }, slice: -5 }) }),
    { $push: { a: { $each: [3], $position: 1, $sort: { n: -1 }, $slice: -5 } } }],
  ['pop and shift', ({ _ }) => ({ a: _.pop(), b: _.shift() }), { $pop: { a: 1, b: -1 } }],
  ['unshift', ({ _ }) => ({ a: _.unshift([1, 2]), b: _.unshift(3) }), { $push: { a: { $each: [1, 2], $position: 0 }, b: { $each: [3], $position: 0 } } }],
  ['addToSet', ({ _ }) => ({ a: _.addToSet('x'), b: _.addToSet({ each: ['y', 'z'] }), c: _.addToSet([1]) }),
    { $addToSet: { a: 'x', b: { $each: ['y', 'z'] }, c: [1] } }],
  ['pull', ({ _ }) => ({ a: _.pull('x'), b: _.pull(_.in([1, 2])), c: _.pull({ n: _.gte(3), m: 1 }) }),
    { $pull: { a: 'x', b: { $in: [1, 2] }, c: { n: { $gte: 3 }, m: 1 } } }],
  ['pullAll', ({ _ }) => ({ a: _.pullAll([1, 2]) }), { $pullAll: { a: [1, 2] } }],
  ['a nested command', ({ _ }) => ({ a: { b: _.inc(1), c: 2 } }), { $inc: { 'a.b': 1 }, $set: { 'a.c': 2 } }],
  ['dotted paths', ({ _ }) => ({ 'a.b': 1, 'c.0.d': _.inc(1) }), { $set: { 'a.b': 1 }, $inc: { 'c.0.d': 1 } }],
  ['places', ({ db }) => ({ a: db.Geo.Point(1, 2) }), { $set: { a: { type: 'Point', coordinates: [1, 2] } } }],
];

for (const name of ['wechat', 'alipay', 'tencent']) {
  for (const [what, make, expected] of UPDATES) {
    test(`${name} update: ${what}`, async () => assert.deepEqual(await updateOf(name, make), expected));
  }
}

const RAW_UPDATES = [
  ['operators', ({ db }) => ({ $set: { 'a.b': new Date(3), c: { d: 1 } }, $inc: { n: 1 }, $currentDate: { at: true }, $setOnInsert: { e: db.serverDate() } }),
    { $set: { 'a.b': { $date: 3 }, c: { d: 1 } }, $inc: { n: 1 }, $currentDate: { at: true }, $setOnInsert: { e: { $serverDate: { offset: 0 } } } }],
  ['arrays', ({ _ }) => ({ $push: { a: { $each: [1], $slice: -5 } }, $addToSet: { b: { $each: [1, 2] } }, $pull: { c: { n: _.gt(1) }, d: /x/, e: { $in: [1] } }, $pop: { f: -1 }, $pullAll: { g: [1] } }),
    { $push: { a: { $each: [1], $slice: -5 } }, $addToSet: { b: { $each: [1, 2] } }, $pull: { c: { n: { $gt: 1 } }, d: { $regex: 'x' }, e: { $in: [1] } }, $pop: { f: -1 }, $pullAll: { g: [1] } }],
  ['others', () => ({ $rename: { a: 'b' }, $bit: { c: { xor: 5 } }, $mul: { d: 2 }, $min: { e: 1 }, $max: { f: 2 }, $unset: { g: '' } }),
    { $rename: { a: 'b' }, $bit: { c: { xor: 5 } }, $mul: { d: 2 }, $min: { e: 1 }, $max: { f: 2 }, $unset: { g: '' } }],
  ['modifiers with MongoDB\'s names', ({ _ }) => ({ a: _.push({ $each: [3], $position: 1, $sort: -1 }), b: _.addToSet({ $each: [1] }) }),
    { $push: { a: { $each: [3], $position: 1, $sort: -1 } }, $addToSet: { b: { $each: [1] } } }],
  ['pull with conditions', ({ _ }) => ({ a: _.pull(_.gt(3).lt(9)), b: _.pull({ c: { $in: [1] }, d: /x/ }), e: _.pull(/y/i), f: _.pull({ $gte: 5 }) }),
    { $pull: { a: { $gt: 3, $lt: 9 }, b: { c: { $in: [1] }, d: { $regex: 'x' } }, e: { $regex: 'y', $options: 'i' }, f: { $gte: 5 } } }],
  ['positions in arrays', ({ _ }) => ({ 'items.$.n': _.inc(1), 'items.$[].seen': true, 'items.$[x].price': _.mul(2) }),
    { $inc: { 'items.$.n': 1 }, $set: { 'items.$[].seen': true }, $mul: { 'items.$[x].price': 2 } }],
  ['a pipeline of stages', ({ $ }) => [{ $set: { total: $.add(['$a', '$b']) } }, { $unset: 'a' }], [{ $set: { total: { $add: ['$a', '$b'] } } }, { $unset: 'a' }]],
  ['a pipeline that was built', ({ $ }) => $.pipeline().addFields({ n: $.size('$list') }), [{ $addFields: { n: { $size: '$list' } } }]],
  ['typed values', () => ({ a: /x/gi, b: new Uint8Array([104, 105]), c: new Uint8Array([1, 2, 3, 4]).buffer, d: Buffer.from('hi'), e: { $date: 5 }, f: new DataView(new ArrayBuffer(1)) }),
    { $set: {
      a: { $regularExpression: { pattern: 'x', options: 'i' } }, b: { $binary: { base64: 'aGk=', subType: '00' } }, c: { $binary: { base64: 'AQIDBA==', subType: '00' } },
      d: { $binary: { base64: 'aGk=', subType: '00' } }, e: { $date: 5 }, f: { $binary: { base64: 'AA==', subType: '00' } },
    } }],
  ['setOnInsert', ({ _ }) => ({ a: _.setOnInsert(1), b: 2 }), { $setOnInsert: { a: 1 }, $set: { b: 2 } }],
];

for (const name of ['wechat', 'alipay', 'tencent']) {
  for (const [what, make, expected] of RAW_UPDATES) {
    test(`${name} update: ${what}`, async () => {
      const { db, operations, _, $ } = recorder(name, { matched: 1, updated: 1 });
      const data = make({ db, _, $ });
      await db.collection('c').doc('1').update(name === 'tencent' ? data : { data });
      assert.deepEqual(operations[0].update, expected);
    });
  }
}

test('a nested object in update changes members in WeChat and is replaced in Alipay', async () => {
  const nested = () => ({ a: { b: 1, c: { d: 2 } }, e: {} });
  assert.deepEqual(await updateOf('wechat', nested), { $set: { 'a.b': 1, 'a.c.d': 2, e: {} } });
  assert.deepEqual(await updateOf('alipay', nested), { $set: { a: { b: 1, c: { d: 2 } }, e: {} } });
});

test('update refuses nothing, _id and values that cannot be stored', async () => {
  const { db, _, operations } = recorder('wechat');
  const doc = db.collection('c').doc('1');
  for (const [data, words] of [
    [{}, /at least one field/], [{ _id: 'x' }, /_id/], [undefined, /needs an object/], [{ a: _.gt(1) }, /not an update/],
    [{ a: new Date(NaN) }, /invalid Date/], [{ a: _.inc('1') }, /needs a number/], [{ a: 2n ** 60n }, /too large/],
    [{ a: _.rename(5) }, /new name/], [{ a: _.bit(5) }, /_\.bit needs/], [{ a: _.pullAll('x') }, /needs an array/],
    [{ $set: { a: 1 }, b: 2 }, /mixes operators/], [{ $inc: 5 }, /\$inc needs an object/], [{ $set: {} }, /at least one field/],
    [{ $set: { a: _.inc(1) } }, /only values/], [[], /at least one stage/], [[5], /A stage is an object/],
  ]) await assert.rejects(doc.update({ data }), words);
  const circular = {};
  circular.self = circular;
  await assert.rejects(doc.set({ data: circular }), (error) => error.errCode === -402002);
  await assert.rejects(db.collection('c').add({ data: [[]] }), /object/);
  assert.equal(operations.length, 0);
});

test('a query carries order, skip, limit and projection', async () => {
  const { db, operations, _ } = recorder('wechat');
  await db.collection('c').orderBy('price', 'asc').orderBy('a.b', 'desc').skip(5).limit(7)
    .field({ a: true, b: 0, c: false, d: 1, tags: _.project.slice(3), list: _.project.elemMatch({ n: _.gt(1) }) }).get();
  assert.deepEqual(operations[0], {
    op: 'get', collection: 'c', orderBy: [['price', 'asc'], ['a.b', 'desc']], skip: 5, limit: 7,
    projection: { a: 1, b: 0, c: 0, d: 1, tags: { $slice: 3 }, list: { $elemMatch: { n: { $gt: 1 } } } },
  });
});

test('projections written by hand, and conditions of elements in them', async () => {
  const { db, operations, _ } = recorder('alipay');
  await db.collection('c').projection({ a: { $slice: [1, 2] }, b: { $elemMatch: { n: _.gt(1) } }, c: _.project.elemMatch(_.gt(3)), d: _.project.slice(1, 2), 'e.$': 1, f: { $meta: 'textScore' } }).get();
  assert.deepEqual(operations[0].projection, {
    a: { $slice: [1, 2] }, b: { $elemMatch: { n: { $gt: 1 } } }, c: { $elemMatch: { $gt: 3 } }, d: { $slice: [1, 2] }, 'e.$': 1, f: { $meta: 'textScore' },
  });
});

test('a pipeline may bring its own documents', async () => {
  const { db, operations, _ } = recorder('wechat');
  const $ = _.aggregate;
  await db.collection('c').aggregate().lookup({ pipeline: $.pipeline().documents([{ n: $.add(1, 2) }]).done(), as: 'own' }).end();
  assert.deepEqual(operations[0].pipeline, [{ $lookup: { pipeline: [{ $documents: [{ n: { $add: [1, 2] } }] }], as: 'own' } }]);
});

test('projections compute fields', async () => {
  const { db, operations, _ } = recorder('wechat');
  const $ = _.aggregate;
  await db.collection('c').field({ n: $.sum('$prices'), o: { x: $.add('$a', 1) }, name: '$owner.name', raw: { $size: '$tags' }, 'e.$': true }).get();
  assert.deepEqual(operations[0].projection, {
    n: { $sum: '$prices' }, o: { x: { $add: ['$a', 1] } }, name: '$owner.name', raw: { $size: '$tags' }, 'e.$': 1,
  });
});

test('limits: the default when none is named, the maximum when more is asked for', async () => {
  const { db, operations } = recorder('wechat', undefined, { defaultLimit: 20, maximumLimit: 100 });
  await db.collection('c').get();
  await db.collection('c').limit(5000).get();
  await db.collection('c').limit(3).get();
  assert.deepEqual(operations.map(({ limit }) => limit), [20, 100, 3]);
});

test('queries are values: a chain does not change what it started from', async () => {
  const { db, operations } = recorder('wechat');
  const base = db.collection('c').where({ a: 1 });
  await base.where({ b: 2 }).limit(1).get();
  await base.get();
  assert.deepEqual(operations.map(({ where }) => where), [{ $and: [{ a: 1 }, { b: 2 }] }, { a: 1 }]);
});

test('update and remove of many documents need a where', async () => {
  const { db, operations } = recorder('wechat', { matched: 2, updated: 2, removed: 3 });
  await assert.rejects(db.collection('c').remove(), /where\(\{\}\) means all/);
  await assert.rejects(db.collection('c').update({ data: { a: 1 } }), /where/);
  await db.collection('c').where({}).remove();
  assert.deepEqual(operations, [{ op: 'remove', collection: 'c', where: {} }]);
});

test('aggregation: all stages and expressions', async () => {
  const { db, operations, _, $ } = recorder('wechat', { data: [{ n: 1 }] });
  const answer = await db.collection('c').aggregate()
    .match({ a: _.gt(1), b: { c: 1 } })
    .addFields({ total: $.add(['$a', $.multiply(['$b', 2])]) })
    .project({ _id: 0, day: $.dateToString({ date: '$at', format: '%Y-%m-%d', timezone: 'Asia/Shanghai' }) })
    .unwind({ path: '$tags', preserveNullAndEmptyArrays: true })
    .group({ _id: '$day', n: $.sum(1), best: $.max('$total'), all: $.push('$tags'), size: $.count() })
    .lookup({ from: 'd', localField: 'x', foreignField: 'y', as: 'z' })
    .lookup({ from: 'd', let: { v: '$v' }, pipeline: $.pipeline().match(_.expr($.and([$.eq(['$$v', '$w']), $.neq(['$a', 1])]))).limit(3).done(), as: 'p' })
    .bucket({ groupBy: '$price', boundaries: [0, 50], default: 'other' })
    .bucketAuto({ groupBy: '$price', buckets: 3 })
    .replaceRoot({ newRoot: '$z' })
    .sortByCount('$kind')
    .sort({ n: -1 })
    .skip(1).limit(10).sample({ size: 5 })
    .count('total')
    .end();
  assert.deepEqual(answer, { list: [{ n: 1 }], errMsg: 'collection.aggregate:ok' });
  assert.deepEqual(operations[0], {
    op: 'aggregate', collection: 'c', pipeline: [
      { $match: { a: { $gt: 1 }, 'b.c': 1 } },
      { $addFields: { total: { $add: ['$a', { $multiply: ['$b', 2] }] } } },
      { $project: { _id: 0, day: { $dateToString: { date: '$at', format: '%Y-%m-%d', timezone: 'Asia/Shanghai' } } } },
      { $unwind: { path: '$tags', preserveNullAndEmptyArrays: true } },
      { $group: { _id: '$day', n: { $sum: 1 }, best: { $max: '$total' }, all: { $push: '$tags' }, size: { $count: {} } } },
      { $lookup: { from: 'd', localField: 'x', foreignField: 'y', as: 'z' } },
      { $lookup: { from: 'd', let: { v: '$v' }, as: 'p', pipeline: [
        { $match: { $expr: { $and: [{ $eq: ['$$v', '$w'] }, { $ne: ['$a', 1] }] } } }, { $limit: 3 }] } },
      { $bucket: { groupBy: '$price', boundaries: [0, 50], default: 'other' } },
      { $bucketAuto: { groupBy: '$price', buckets: 3 } },
      { $replaceRoot: { newRoot: '$z' } },
      { $sortByCount: '$kind' },
      { $sort: { n: -1 } },
      { $skip: 1 }, { $limit: 10 }, { $sample: { size: 5 } },
      { $count: 'total' },
    ],
  });
});

test('every expression travels under its own name, those that objects have as well', async () => {
  const { db, operations, $ } = recorder('wechat', { data: [] });
  const names = Object.keys($).filter((name) => name !== 'pipeline');
  const fields = Object.fromEntries(names.map((name) => [name, $[name](1)]));
  await db.collection('c').aggregate().addFields(fields).end();
  const encoded = operations[0].pipeline[0].$addFields;
  assert.ok(names.includes('toString'));
  for (const name of names) assert.deepEqual(encoded[name], { [`$${name === 'neq' ? 'ne' : name}`]: 1 });
});

test('a function is told how to empty a collection instead of deleting it', async () => {
  const { db } = recorder('alipay', {});
  await assert.rejects(db.deleteCollection('c'), /where\(\{\}\)\.remove\(\)/);
});

test('geoNear as a stage encodes its place and its query', async () => {
  const { db, operations, _ } = recorder('wechat');
  await db.collection('c').aggregate().geoNear({ near: db.Geo.Point(1, 2), distanceField: 'd', spherical: true, query: { a: _.gt(1) } }).end();
  assert.deepEqual(operations[0].pipeline, [
    { $geoNear: { near: { type: 'Point', coordinates: [1, 2] }, distanceField: 'd', spherical: true, query: { a: { $gt: 1 } } } },
  ]);
});

test('stages of Sampan\'s own, and conditions and stages inside of stages', async () => {
  const { db, operations, _, $ } = recorder('wechat', { data: [], written: 4 });
  const answer = await db.collection('c').aggregate()
    .facet({ cheap: $.pipeline().match({ a: { b: _.lt(5) } }).count('n').done(), all: [{ $match: { c: _.gt(1), d: { e: 1 } } }, { $limit: 2 }], last: $.pipeline().sort({ n: -1 }) })
    .unionWith('d')
    .unionWith({ coll: 'e', pipeline: [{ $match: { a: /x/ } }] })
    .graphLookup({ from: 'f', startWith: '$boss', connectFromField: 'boss', connectToField: '_id', as: 'chain', maxDepth: 3, restrictSearchWithMatch: { a: _.exists(true) } })
    .setWindowFields({ partitionBy: '$k', sortBy: { at: 1 }, output: { sum: { $sum: '$n', window: { documents: ['unbounded', 'current'] } }, rank: $.rank() } })
    .set({ at: new Date(5) }).unset(['x']).replaceWith('$z')
    .lookup({ from: 'g', let: { v: '$v' }, pipeline: [{ $match: { $expr: $.eq(['$v', '$$v']), n: _.in([1]) } }, { $lookup: { from: 'h', pipeline: [{ $match: { k: /y/ } }], as: 'i' } }], as: 'j' })
    .merge({ into: 'm', on: '_id', whenMatched: [{ $set: { n: $.sum(['$n', '$$new.n']) } }], whenNotMatched: 'insert' })
    .end();
  assert.deepEqual(answer, { list: [], written: 4, errMsg: 'collection.aggregate:ok' });
  assert.deepEqual(operations[0].pipeline, [
    { $facet: { cheap: [{ $match: { 'a.b': { $lt: 5 } } }, { $count: 'n' }], all: [{ $match: { c: { $gt: 1 }, d: { e: 1 } } }, { $limit: 2 }], last: [{ $sort: { n: -1 } }] } },
    { $unionWith: 'd' },
    { $unionWith: { coll: 'e', pipeline: [{ $match: { a: { $regex: 'x' } } }] } },
    { $graphLookup: { from: 'f', startWith: '$boss', connectFromField: 'boss', connectToField: '_id', as: 'chain', maxDepth: 3, restrictSearchWithMatch: { a: { $exists: true } } } },
    { $setWindowFields: { partitionBy: '$k', sortBy: { at: 1 }, output: { sum: { window: { documents: ['unbounded', 'current'] }, $sum: '$n' }, rank: { $rank: {} } } } },
    { $set: { at: { $date: 5 } } }, { $unset: ['x'] }, { $replaceWith: '$z' },
    { $lookup: { from: 'g', let: { v: '$v' }, as: 'j', pipeline: [
      { $match: { $expr: { $eq: ['$v', '$$v'] }, n: { $in: [1] } } }, { $lookup: { from: 'h', pipeline: [{ $match: { k: { $regex: 'y' } } }], as: 'i' } }] } },
    { $merge: { into: 'm', on: '_id', whenNotMatched: 'insert', whenMatched: [{ $set: { n: { $sum: ['$n', '$$new.n'] } } }] } },
  ]);
});

test('merge and out by name, and what stages refuse', async () => {
  const { db, operations } = recorder('tencent', { data: [], written: 1 });
  assert.deepEqual(await db.collection('c').aggregate().out('d').end(), { data: [], written: 1, requestId: 'r-1' });
  await db.collection('c').aggregate().merge('d').end();
  assert.deepEqual(operations.map(({ pipeline }) => pipeline), [[{ $out: 'd' }], [{ $merge: 'd' }]]);
  const pipeline = () => db.collection('c').aggregate();
  assert.throws(() => pipeline().lookup('d'), /lookup needs an object/);
  assert.throws(() => pipeline().facet([]), /facet needs an object/);
  assert.throws(() => pipeline().facet({ a: 5 }), /array of stages/);
  assert.throws(() => pipeline().group(), /group needs an argument/);
});

test('patterns in expressions travel as text', async () => {
  const { db, operations, $ } = recorder('wechat', { data: [] });
  await db.collection('c').aggregate().project({ a: $.regexMatch({ input: '$t', regex: /x/i }), b: { $regexFind: { input: '$t', regex: db.RegExp({ regexp: 'y' }) } }, c: $.regexFindAll({ input: '$t', regex: /z/i, options: 'm' }) }).end();
  assert.deepEqual(operations[0].pipeline[0].$project, {
    a: { $regexMatch: { input: '$t', regex: 'x', options: 'i' } }, b: { $regexFind: { input: '$t', regex: 'y' } }, c: { $regexFindAll: { input: '$t', regex: 'z', options: 'm' } },
  });
});

test('the pipeline of $ reads nested objects as its platform does', async () => {
  const { db, operations, $ } = recorder('alipay', { data: [] });
  await db.collection('c').aggregate().lookup({ from: 'd', pipeline: $.pipeline().match({ a: { b: 1 } }).done(), as: 'x' }).end();
  assert.deepEqual(operations[0].pipeline[0].$lookup.pipeline, [{ $match: { a: { b: 1 } } }]);
});

test('places: what the constructors check, what shapes are made of', () => {
  const { Geo } = recorder('wechat').db;
  const ring = [[0, 0], [3, 0], [3, 3], [0, 0]];
  for (const [make, words] of [
    [() => Geo.Point('1', 2), /longitude must be a number/], [() => Geo.Point(1, 91), /latitude must be/], [() => Geo.LineString([Geo.Point(1, 2)]), /at least 2 parts/],
    [() => Geo.LineString([[0, 0], [200, 0]]), /longitude/], [() => Geo.Polygon([[[0, 0], [1, 1], [1, 0]]]), /ends where it begins/], [() => Geo.Polygon([Geo.Point(1, 2)]), /made of LineStrings/],
    [() => Geo.MultiPoint([]), /at least 1 part/], [() => Geo.MultiLineString([[[0, 0]]]), /at least 2 positions/], [() => Geo.MultiPolygon([[]]), /at least 1 line/],
    [() => Geo.MultiPolygon([[[[0, 0], [1, 1]]]]), /ends where it begins/], [() => new Geo.Polygon('x'), /at least 1 part/],
  ]) assert.throws(make, words);
  const polygon = new Geo.Polygon([Geo.LineString(ring)]);
  assert.deepEqual(polygon.toJSON(), { type: 'Polygon', coordinates: [ring] });
  assert.deepEqual([polygon.lines[0].points[1].longitude, polygon.lines.length], [3, 1]);
  assert.deepEqual(JSON.parse(JSON.stringify(Geo.MultiPolygon([polygon, [ring]]))), { type: 'MultiPolygon', coordinates: [[ring], [ring]] });
  assert.ok(Geo.MultiPolygon([polygon]).polygons[0] instanceof Geo.Polygon);
  assert.deepEqual(Geo.MultiPoint([Geo.Point(1, 2)]).points.map((point) => point.latitude), [2]);
  assert.deepEqual(Geo.MultiLineString([Geo.LineString(ring)]).lines[0].coordinates, ring);
});

test('conditions on places say what they need', () => {
  const { db, _ } = recorder('wechat');
  const line = db.Geo.LineString([[0, 0], [1, 1]]);
  const where = (condition) => () => db.collection('c').where({ a: condition });
  assert.throws(where(_.geoNear({ geometry: line })), /needs a point/);
  assert.throws(where(_.geoNear({ geometry: db.Geo.Point(1, 2), maxDistance: '5' })), /number of metres/);
  assert.throws(where(_.geoNear({})), /needs \{geometry/);
  assert.throws(where(_.geoWithin({ geometry: line })), /needs a polygon/);
  assert.throws(where(_.geoIntersects({ geometry: 5 })), /needs \{geometry/);
});

test('serverDate and RegExp say what they need, in the platform\'s shape', () => {
  const { db } = recorder('wechat');
  assert.deepEqual(db.serverDate({}), db.serverDate());
  assert.throws(() => db.serverDate({ offset: 'x' }), (error) => error.errCode === -401003 && /milliseconds/.test(error.errMsg));
  assert.throws(() => db.RegExp({}), (error) => error.errCode === -401003);
  assert.deepEqual(db.RegExp(/x/gi), db.RegExp({ regexp: 'x', options: 'i' }));
});
