'use strict';

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { withWatch, failure, event, until, listener } = require('./watch-server');
const { FakeWebSocket } = require('./websocket');
const { fakeWechat, fakeAlipay, withSockets, withPlatformSocket } = require('./fake-platforms');

const ids = ({ docs }) => docs.map(({ _id }) => _id);
const kinds = ({ docChanges }) => docChanges.map(({ queueType, dataType, docId }) => `${queueType} ${dataType} ${docId}`);

test('the first snapshot has all documents, later ones what changed and the result as it is then', async () => {
  await withWatch(async (server, db) => {
    server.docs = [{ _id: 'a', n: 1, at: { $date: 5 } }, { _id: 'b', n: 2 }];
    const { told, ...page } = listener();
    const watcher = db.collection('goods').where({ n: db.command.gt(0) }).watch(page);
    await until(() => told.snapshots.length === 1);
    assert.deepEqual(server.last.path, '/v1/watch');
    assert.deepEqual(server.last.received, [
      { type: 'login', token: 'access-1', env: 'env-a' }, { type: 'watch', watch: 'w1', collection: 'goods', where: { n: { $gt: 0 } } },
    ]);
    assert.deepEqual(told.snapshots[0], {
      id: 0, type: 'init', docs: [{ _id: 'a', n: 1, at: new Date(5) }, { _id: 'b', n: 2 }],
      docChanges: [
        { id: 0, queueType: 'init', dataType: 'init', docId: 'a', doc: { _id: 'a', n: 1, at: new Date(5) } },
        { id: 1, queueType: 'init', dataType: 'init', docId: 'b', doc: { _id: 'b', n: 2 } },
      ],
    });
    server.tell([
      event('enqueue', 'add', { _id: 'A', n: 9 }), event('update', 'update', { _id: 'a', n: 3, at: { $date: 6 } }, { updatedFields: { n: 3, at: { $date: 6 } }, removedFields: [] }),
      event('dequeue', 'remove', { _id: 'b', n: 2 }),
    ]);
    await until(() => told.snapshots.length === 2);
    assert.deepEqual(told.snapshots[1], {
      id: 1, docs: [{ _id: 'a', n: 3, at: new Date(6) }, { _id: 'A', n: 9 }],
      docChanges: [
        { id: 2, queueType: 'enqueue', dataType: 'add', docId: 'A', doc: { _id: 'A', n: 9 } },
        { id: 3, queueType: 'update', dataType: 'update', docId: 'a', doc: { _id: 'a', n: 3, at: new Date(6) }, updatedFields: { n: 3, at: new Date(6) }, removedFields: [] },
        { id: 4, queueType: 'dequeue', dataType: 'remove', docId: 'b', doc: { _id: 'b', n: 2 } },
      ],
    });
    assert.deepEqual(ids(told.snapshots[0]), ['a', 'b'], 'what was told before stays as it was');
    await watcher.close();
    assert.deepEqual(told.errors, []);
  });
});

test('an empty result is told as well', async () => {
  await withWatch(async (server, db) => {
    const { told, ...page } = listener();
    const watcher = db.collection('c').watch(page);
    await until(() => told.snapshots.length === 1);
    assert.deepEqual(told.snapshots[0], { id: 0, type: 'init', docs: [], docChanges: [] });
    await watcher.close();
  });
});

test('with an order, the documents follow the server; ids that are numbers too', async () => {
  await withWatch(async (server, db) => {
    server.docs = [{ _id: 5, n: 1 }, { _id: 'b', n: 2 }];
    const { told, ...page } = listener();
    const watcher = db.collection('c').orderBy('n', 'asc').limit(3).watch(page);
    await until(() => told.snapshots.length === 1);
    assert.deepEqual(server.sent('watch')[0], { type: 'watch', watch: 'w1', collection: 'c', orderBy: [['n', 'asc']], limit: 3 });
    server.tell([event('enqueue', 'limit', { _id: 'c', n: 0 }), event('update', 'replace', { _id: 5, n: 7 })], { order: ['c', 'b', '5'] });
    await until(() => told.snapshots.length === 2);
    assert.deepEqual([ids(told.snapshots[1]), kinds(told.snapshots[1])], [['c', 'b', 5], ['enqueue limit c', 'update replace 5']]);
    server.tell([event('dequeue', 'limit', { _id: 5, n: 7 })], { order: ['c', 'b'] });
    await until(() => told.snapshots.length === 3);
    assert.deepEqual(ids(told.snapshots[2]), ['c', 'b']);
    await watcher.close();
  });
});

test('a document is watched by its id', async () => {
  await withWatch(async (server, db) => {
    server.docs = [{ _id: 'x', place: { type: 'Point', coordinates: [1, 2] } }];
    const { told, ...page } = listener();
    const watcher = db.collection('c').doc('x').watch(page);
    await until(() => told.snapshots.length === 1);
    assert.deepEqual(server.sent('watch')[0], { type: 'watch', watch: 'w1', collection: 'c', where: { _id: 'x' } });
    assert.ok(told.snapshots[0].docs[0].place instanceof db.Geo.Point);
    await watcher.close();
  });
});

test('all watches share one socket, which is closed with the last of them', async () => {
  await withWatch(async (server, db) => {
    const pages = [listener(), listener(), listener()];
    const watchers = pages.map((page, index) => db.collection(`c${index}`).watch(page));
    await until(() => pages.every(({ told }) => told.snapshots.length === 1));
    assert.equal(server.connections.length, 1);
    assert.deepEqual(server.sent('watch').map(({ watch, collection }) => [watch, collection]), [['w1', 'c0'], ['w2', 'c1'], ['w3', 'c2']]);
    server.tell([event('enqueue', 'add', { _id: 'n' })], { watch: 'w2' });
    await until(() => pages[1].told.snapshots.length === 2);
    await watchers[0].close();
    assert.deepEqual(server.sent('close'), [{ type: 'close', watch: 'w1' }]);
    // A page that has closed its watch hears nothing more, whatever is still under way.
    server.tell([event('enqueue', 'add', { _id: 'n' })], { watch: 'w1' });
    await watchers[0].close();
    await watchers[1].close();
    assert.equal(server.last.isOpen, true);
    await watchers[2].close();
    await until(() => !server.last.isOpen);
    assert.deepEqual(pages.map(({ told }) => [told.snapshots.length, told.errors.length]), [[1, 0], [2, 0], [1, 0]]);
    // Another one opens another socket.
    const again = listener();
    const watcher = db.collection('c').watch(again);
    await until(() => again.told.snapshots.length === 1);
    assert.equal(server.connections.length, 2);
    await watcher.close();
  });
});

test('closing answers although the server does not, when the connection breaks', async () => {
  await withWatch(async (server, db) => {
    const pages = [listener(), listener()];
    const watchers = pages.map((page) => db.collection('c').watch(page));
    await until(() => pages.every(({ told }) => told.snapshots.length === 1));
    server.onMessage = ({ type }) => type === 'close';
    const closing = watchers[0].close();
    await until(() => server.sent('close').length === 1);
    server.last.peer.socket.destroy();
    await closing;
    await watchers[1].close();
  });
});

test('a watch that is closed before it began is never begun', async () => {
  await withWatch(async (server, db) => {
    const { told, ...page } = listener();
    await db.collection('c').watch(page).close();
    const other = listener();
    const watcher = db.collection('d').watch(other);
    await until(() => other.told.snapshots.length === 1);
    assert.deepEqual(server.connections.flatMap(({ received }) => received.filter(({ type }) => type === 'watch').map(({ collection }) => collection)), ['d']);
    assert.deepEqual(told, { snapshots: [], errors: [] });
    await watcher.close();
  });
});

test('after a break it goes on with the last resume token', async () => {
  await withWatch(async (server, db) => {
    server.docs = [{ _id: 'b', n: 2 }, { _id: 'c', n: 3 }];
    const { told, ...page } = listener();
    const watcher = db.collection('c').watch(page);
    await until(() => told.snapshots.length === 1);
    server.tell([event('enqueue', 'add', { _id: 'a', n: 1 })]);
    await until(() => told.snapshots.length === 2);
    server.onMessage = ({ type, watch, resume }, connection) => {
      if (type !== 'watch') return false;
      // The server names an order here although the query has none.
      connection.send({ type: 'next', watch, changes: [event('enqueue', 'add', { _id: '0' }), event('update', 'update', { _id: 'a', m: 1 }), event('dequeue', 'remove', { _id: 'c', n: 3 })], order: ['0', 'a', 'b'], resume: `${resume}1` });
      return true;
    };
    server.last.peer.socket.destroy();
    await until(() => told.snapshots.length === 3);
    assert.deepEqual(server.sent('watch'), [{ type: 'watch', watch: 'w2', collection: 'c', resume: '2' }]);
    assert.deepEqual([ids(told.snapshots[2]), kinds(told.snapshots[2]), told.snapshots[2].type], [['b', 'a', '0'], ['enqueue add 0', 'update update a', 'dequeue remove c'], undefined]);
    const { updatedFields, removedFields } = told.snapshots[2].docChanges[1];
    assert.deepEqual([updatedFields, removedFields], [{ m: 1 }, ['n']], 'the server does not say which fields changed meanwhile');
    // What the page was told already, or never had, is not told again.
    server.tell([event('enqueue', 'add', { _id: '0' }), event('dequeue', 'remove', { _id: 'zz' })]);
    server.tell([event('update', 'update', { _id: 'a', n: 5 })]);
    await until(() => told.snapshots.length === 4);
    assert.deepEqual(kinds(told.snapshots[3]), ['update update a']);
    await watcher.close();
    assert.deepEqual(told.errors, []);
  });
});

test('an init after a break becomes what differs from what the page has', async () => {
  await withWatch(async (server, db) => {
    server.docs = [{ _id: 'c', n: 3 }, { _id: 'a', n: 1, x: 1, at: { $date: 1 } }, { _id: 'b', n: 2 }];
    const { told, ...page } = listener();
    const watcher = db.collection('c').watch(page);
    await until(() => told.snapshots.length === 1);
    told.snapshots[0].docs[0].n = 'changed by the page';
    server.docs = [{ _id: '0' }, { _id: 'a', n: 5, at: { $date: 2 } }, { _id: 'c', n: 3 }];
    server.last.peer.close(1012);
    await until(() => told.snapshots.length === 2);
    assert.deepEqual(told.snapshots[1], {
      id: 1, docs: [{ _id: 'c', n: 'changed by the page' }, { _id: 'a', n: 5, at: new Date(2) }, { _id: '0' }],
      docChanges: [
        { id: 3, queueType: 'dequeue', dataType: 'remove', docId: 'b', doc: { _id: 'b', n: 2 } },
        { id: 4, queueType: 'enqueue', dataType: 'add', docId: '0', doc: { _id: '0' } },
        { id: 5, queueType: 'update', dataType: 'update', docId: 'a', doc: { _id: 'a', n: 5, at: new Date(2) }, updatedFields: { n: 5, at: new Date(2) }, removedFields: ['x'] },
      ],
    });
    // When nothing is new, the page is not bothered.
    server.last.peer.socket.destroy();
    await until(() => server.connections.length === 3 && server.sent('watch').length === 1);
    server.tell([event('update', 'update', { _id: '0', n: 1 })]);
    await until(() => told.snapshots.length === 3);
    assert.deepEqual(kinds(told.snapshots[2]), ['update update 0']);
    await watcher.close();
  });
});

test('with an order, an init after a break brings its own order', async () => {
  await withWatch(async (server, db) => {
    server.docs = [{ _id: 'a', n: 1 }, { _id: 'b', n: 2 }];
    const { told, ...page } = listener();
    const watcher = db.collection('c').orderBy('n').watch(page);
    await until(() => told.snapshots.length === 1);
    server.docs = [{ _id: 'b', n: 2 }, { _id: 'a', n: 3 }];
    server.last.peer.socket.destroy();
    await until(() => told.snapshots.length === 2);
    assert.deepEqual([ids(told.snapshots[1]), kinds(told.snapshots[1])], [['b', 'a'], ['update update a']]);
    await watcher.close();
  });
});

test('a token that is refused is renewed, and the watch goes on', async () => {
  await withWatch(async (server, db, cloud) => {
    await cloud.callFunction({ name: 'echo' });
    server.valid.clear();
    const { told, ...page } = listener();
    const watcher = db.collection('c').watch(page);
    await until(() => told.snapshots.length === 1);
    assert.deepEqual([server.connections.length, server.refreshes, server.sent('login')[0].token], [2, 1, 'access-2']);
    // The server looks again every minute, and says so when a token has expired.
    server.last.send(failure('TOKEN_EXPIRED', 401));
    await until(() => server.connections.length === 3 && server.sent('watch').length === 1);
    assert.deepEqual([server.refreshes, server.sent('login')[0].token, server.sent('watch')[0].resume], [2, 'access-3', '1']);
    assert.deepEqual([told.snapshots.length, told.errors.length], [1, 0]);
    await watcher.close();
  });
});

test('another user\'s login begins without what the one before had seen', async () => {
  await withWatch(async (server, db) => {
    const { told, ...page } = listener();
    const watcher = db.collection('c').watch(page);
    await until(() => told.snapshots.length === 1);
    server.refreshTokens.clear();
    const { grant } = server;
    server.grant = () => {
      const [status, headers, answer] = grant.call(server);
      return [status, headers, { ...answer, openid: 'o-2' }];
    };
    server.last.send(failure('TOKEN_INVALID', 401));
    await until(() => server.connections.length === 2 && server.sent('watch').length === 1);
    assert.equal(server.sent('watch')[0].resume, undefined);
    await watcher.close();
  });
});

test('a token that is refused again and again ends the watches', async () => {
  await withWatch(async (server, db) => {
    server.onMessage = ({ type }, connection) => {
      if (type === 'login') connection.send(failure('TOKEN_INVALID', 401));
      return true;
    };
    const { told, ...page } = listener();
    db.collection('c').watch(page);
    await until(() => told.errors.length === 1);
    assert.equal(server.connections.length, 3);
    assert.deepEqual([told.errors[0].errCode, told.errors[0].problem.code], [-401001, 'TOKEN_INVALID']);
    await until(() => !server.last.isOpen);
  });
});

test('errors of a watch end it, in WeChat\'s shape, and only it', async () => {
  await withWatch(async (server, db) => {
    const refusals = { secret: ['PERMISSION_DENIED', 403], bad: ['INVALID_QUERY', 400], many: ['LIMIT_EXCEEDED', 422], none: ['COLLECTION_NOT_FOUND', 404] };
    server.onMessage = ({ type, collection, watch }, connection) => {
      if (type !== 'watch' || refusals[collection] === undefined) return false;
      connection.send(failure(...refusals[collection], watch));
      return true;
    };
    const pages = Object.keys(refusals).map((name) => [name, listener()]);
    const good = listener();
    for (const [name, page] of pages) db.collection(name).watch(page);
    const watcher = db.collection('good').watch(good);
    await until(() => good.told.snapshots.length === 1 && pages.every(([, { told }]) => told.errors.length === 1));
    const [{ told: { errors: [error] } }] = pages.map(([, page]) => page);
    assert.deepEqual([error.errCode, error.errMsg, error.problem.remedy], [-502003, 'collection.watch:fail -502003 the server says PERMISSION_DENIED', 'do otherwise']);
    assert.deepEqual(pages.map(([, { told }]) => told.errors[0].errCode), [-502003, -502002, -502002, -502005]);
    assert.deepEqual([server.connections.length, good.told.errors.length], [1, 0]);
    await watcher.close();
  });
});

test('an error during a watch ends it as well', async () => {
  await withWatch(async (server, db) => {
    const { told, ...page } = listener();
    db.collection('c').doc('x').watch(page);
    await until(() => told.snapshots.length === 1);
    server.last.send(failure('COLLECTION_NOT_FOUND', 404, 'w1'));
    await until(() => told.errors.length === 1);
    assert.equal(told.errors[0].errMsg, 'document.watch:fail -502005 the server says COLLECTION_NOT_FOUND');
    await until(() => !server.last.isOpen);
  });
});

test('WATCH_ENDED: begun again once by itself, without the resume token', async () => {
  await withWatch(async (server, db) => {
    server.docs = [{ _id: 'a' }, { _id: 'b' }];
    const { told, ...page } = listener();
    db.collection('c').watch(page);
    await until(() => told.snapshots.length === 1);
    server.docs = [{ _id: 'a' }];
    server.last.send(failure('WATCH_ENDED', 409, 'w1'));
    await until(() => told.snapshots.length === 2);
    assert.deepEqual(kinds(told.snapshots[1]), ['dequeue remove b']);
    assert.deepEqual(server.sent('watch')[1], { type: 'watch', watch: 'w2', collection: 'c' });
    // Once more later; but a second time in a row is the end.
    server.onMessage = ({ type, watch }, connection) => {
      if (type === 'watch') connection.send(failure('WATCH_ENDED', 409, watch));
      return type === 'watch';
    };
    server.last.send(failure('WATCH_ENDED', 409, 'w2'));
    await until(() => told.errors.length === 1);
    assert.equal(told.errors[0].problem.code, 'WATCH_ENDED');
    assert.equal(server.sent('watch').length, 3);
  });
});

test('a server that is busy is asked again', async () => {
  await withWatch(async (server, db) => {
    let refusals = 1;
    server.onMessage = ({ type, watch }, connection) => {
      if (type !== 'watch' || refusals === 0) return false;
      refusals -= 1;
      connection.send(failure('DATABASE_BUSY', 503, watch));
      return true;
    };
    const { told, ...page } = listener();
    const watcher = db.collection('c').watch(page);
    await until(() => told.snapshots.length === 1);
    assert.deepEqual(server.sent('watch').map(({ watch }) => watch), ['w1', 'w2']);
    await watcher.close();
  });
});

test('errors of the whole connection end all watches, unless they pass', async () => {
  await withWatch(async (server, db) => {
    const pages = [listener(), listener()];
    for (const page of pages) db.collection('c').watch(page);
    await until(() => pages.every(({ told }) => told.snapshots.length === 1));
    server.last.send(failure('OVERLOADED', 503));
    await until(() => server.connections.length === 2 && server.sent('watch').length === 2);
    server.last.send(failure('ENVIRONMENT_SUSPENDED', 403));
    await until(() => pages.every(({ told }) => told.errors.length === 1));
    assert.equal(pages[0].told.errors[0].errCode, -501005);
    await until(() => !server.last.isOpen);
  });
});

test('what is no message is passed over, and a page\'s own mistake hurts nobody else', async () => {
  await withWatch(async (server, db) => {
    const { told, ...page } = listener();
    const warnings = [];
    const { warn } = console;
    console.warn = (text) => warnings.push(text);
    const thrown = [];
    const { setTimeout: kept } = globalThis;
    globalThis.setTimeout = (work, milliseconds) => kept(() => {
      try {
        work();
      } catch (error) {
        thrown.push(error.message);
      }
    }, milliseconds);
    const clumsy = db.collection('c').watch({ onChange() { throw new Error('a page\'s mistake'); }, onError() {} });
    const watcher = db.collection('c').watch(page);
    await until(() => told.snapshots.length === 1 && thrown.length === 1);
    server.last.peer.text('<html>');
    server.last.peer.text('5');
    server.last.send({ type: 'news' });
    server.last.send({ type: 'next', watch: 'w99', changes: [], resume: '1' });
    server.tell([event('enqueue', 'add', { _id: 'a' })]);
    await until(() => told.snapshots.length === 2);
    console.warn = warn;
    globalThis.setTimeout = kept;
    assert.deepEqual([thrown, warnings.length], [['a page\'s mistake'], 1]);
    await clumsy.close();
    await watcher.close();
  });
});

test('a large result arrives whole', async () => {
  await withWatch(async (server, db) => {
    server.docs = Array.from({ length: 5000 }, (unused, index) => ({ _id: `d${index}`, text: '茶'.repeat(20) }));
    const { told, ...page } = listener();
    const watcher = db.collection('c').watch(page);
    await until(() => told.snapshots.length === 1);
    assert.deepEqual([told.snapshots[0].docs.length, told.snapshots[0].docs[4999].text.length], [5000, 20]);
    await watcher.close();
  });
});

test('in Alipay\'s shapes, over a task of the platform', async () => {
  const my = withSockets(fakeAlipay(), { wrapped: true });
  await withWatch(async (server, db, cloud) => {
    server.docs = [{ _id: 'a', n: 1 }];
    const database = cloud.createCloudContext({ env: 'env-a', endpoint: server.endpoint }).database();
    const { told, ...page } = listener();
    const watcher = database.collection('c').where({ a: { b: 1 } }).watch(page);
    await until(() => told.snapshots.length === 1);
    assert.deepEqual([my.sockets[0].multiple, server.sent('watch')[0].where], [true, { a: { b: 1 } }]);
    server.last.send(failure('PERMISSION_DENIED', 403, 'w1'));
    await until(() => told.errors.length === 1);
    assert.deepEqual([told.errors[0].error, told.errors[0].errorMessage, told.errors[0].errCode], [60005, 'the server says PERMISSION_DENIED', 'PERMISSION_DENIED']);
    await watcher.close();
  }, { my });
});

test('in an old Alipay, over the one socket of the app', async () => {
  const my = withPlatformSocket(fakeAlipay());
  await withWatch(async (server, db) => {
    const { told, ...page } = listener();
    const watcher = db.collection('c').watch(page);
    await until(() => told.snapshots.length === 1);
    server.last.peer.socket.destroy();
    await until(() => server.connections.length === 2 && server.sent('watch').length === 1);
    server.tell([event('enqueue', 'add', { _id: 'a' })]);
    await until(() => told.snapshots.length === 2);
    assert.deepEqual(Object.values(my.handlers).map((list) => list.length), [1, 1, 1, 1], 'the events of the first socket are not heard any more');
    await watcher.close();
    assert.deepEqual(Object.values(my.handlers).map((list) => list.length), [0, 0, 0, 0]);
    await until(() => !server.last.isOpen);
  }, { my });
});

test('in WeChat, over a task of the platform', async () => {
  const wx = withSockets(fakeWechat(), {});
  await withWatch(async (server, db) => {
    server.docs = [{ _id: 'a', n: 1 }];
    const { told, ...page } = listener();
    const watcher = db.collection('c').watch(page);
    await until(() => told.snapshots.length === 1);
    assert.deepEqual(server.logins, [{ platform: 'wechat', code: 'wx-code-1' }]);
    server.last.peer.socket.destroy();
    await until(() => server.connections.length === 2 && server.sent('watch').length === 1);
    server.tell([event('dequeue', 'remove', { _id: 'a', n: 1 })]);
    await until(() => told.snapshots.length === 2);
    assert.deepEqual(told.snapshots[1].docs, []);
    await watcher.close();
    await until(() => !server.last.isOpen);
    assert.equal(wx.sockets.length, 2);
  }, { wx });
});

test('without a WebSocket the error says what is needed', async () => {
  await withWatch(async (server, db) => {
    const { told, ...page } = listener();
    db.collection('c').watch(page);
    await until(() => told.errors.length === 1);
    assert.match(told.errors[0].errMsg, /collection\.watch:fail .*needs the global WebSocket/);
  }, { WebSocket: undefined });
});

test('with Node\'s own WebSocket', { skip: Number(process.versions.node.split('.')[0]) < 20 && 'Node has none' }, async () => {
  await withWatch(async (server) => {
    server.docs = [{ _id: 'a' }];
    const script = `const cloud = require(${JSON.stringify(path.join(__dirname, '..', 'sampan.js'))});
      cloud.init({ env: 'env-a', endpoint: ${JSON.stringify(server.endpoint)} });
      const watcher = cloud.database().collection('c').watch({ onChange: ({ docs }) => { console.log(JSON.stringify(docs)); watcher.close(); }, onError: console.error });`;
    const output = await new Promise((resolve, reject) => {
      execFile(process.execPath, ['--experimental-websocket', '-e', script], (error, stdout) => (error ? reject(error) : resolve(stdout)));
    });
    assert.equal(output, '[{"_id":"a"}]\n');
  });
});
