'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { withWatch, event, until, listener } = require('./watch-server');

test('a limit of 0 is none', async () => {
  await withWatch(async (server, db) => {
    const { told, ...page } = listener();
    const watcher = db.collection('c').orderBy('n', 'desc').limit(0).watch(page);
    await until(() => told.snapshots.length === 1);
    assert.deepEqual(server.sent('watch'), [{ type: 'watch', watch: 'w1', collection: 'c', orderBy: [['n', 'desc']] }]);
    await watcher.close();
    assert.deepEqual(told.errors, []);
  });
});

test('an update names the fields that it changed by their paths', async () => {
  await withWatch(async (server, db) => {
    const place = { type: 'Point', coordinates: [120, 30] };
    const room = { _id: 'a', left: { sum: 0, grades: {} }, right: { sum: 0 }, at: { $date: 1 }, list: [{ n: 1 }], place, kind: 1 };
    server.docs = [room];
    const { told, ...page } = listener();
    const watcher = db.collection('rooms').doc('a').watch(page);
    await until(() => told.snapshots.length === 1);
    const changed = {
      _id: 'a', left: { sum: 80, grades: { 0: { index: 2, score: 80 } } }, right: {}, at: { $date: 2 }, list: [{ n: 2 }],
      place: { type: 'Point', coordinates: [121, 30] }, kind: { name: 'k' }, fresh: { deep: { at: { $date: 3 } }, empty: {} },
    };
    // The server names whole fields.
    const { left, right, at, list, kind, fresh } = changed;
    server.tell([event('update', 'update', changed, { updatedFields: { left, right, at, list, place: changed.place, kind, fresh }, removedFields: [] })]);
    await until(() => told.snapshots.length === 2);
    const [{ updatedFields, removedFields }] = told.snapshots[1].docChanges;
    assert.deepEqual(Object.keys(updatedFields), [
      'left.sum', 'left.grades.0.index', 'left.grades.0.score', 'right', 'at', 'list', 'place', 'kind', 'fresh.deep.at', 'fresh.empty',
    ]);
    assert.deepEqual([updatedFields['left.grades.0.index'], updatedFields.at, updatedFields['fresh.deep.at']], [2, new Date(2), new Date(3)]);
    assert.deepEqual([updatedFields.list, updatedFields.kind, updatedFields.right], [[{ n: 2 }], { name: 'k' }, {}]);
    assert.deepEqual(removedFields, []);
    server.tell([event('update', 'update', { ...changed, left: { sum: 80 } }, { updatedFields: { left: { sum: 80 } }, removedFields: [] })]);
    await until(() => told.snapshots.length === 3);
    const [last] = told.snapshots[2].docChanges;
    assert.deepEqual([last.updatedFields, last.removedFields], [{}, ['left.grades']]);
    await watcher.close();
  });
});
