'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { WorkerHarness, KIND } = require('./worker-harness');

/** Starts a worker with these files, runs `body`, and always ends it. */
async function withWorker(files, body, settings) {
  const harness = await WorkerHarness.start();
  try {
    const loaded = await harness.specialise(typeof files === 'string' ? { 'index.js': files } : files, settings);
    await body(harness, loaded);
  } finally {
    await harness.stop();
  }
}

test('says ready with the version of Node, then specialised with the time it took', async () => {
  await withWorker('exports.main = () => 1;', async (harness, loaded) => {
    assert.equal(harness.frames[0].kind, KIND.ready);
    assert.deepEqual(JSON.parse(harness.frames[0].text), { node: process.version });
    assert.equal(loaded.kind, KIND.specialised);
    assert.equal(typeof JSON.parse(loaded.text).ms, 'number');
  });
});

test('answers what the function returns, as JSON', async () => {
  const code = `exports.main = async ({ kind }) => ({
    object: { a: 1, 中: '文' }, nothing: undefined, nil: null, text: 'x', zero: 0, date: new Date(0), buffer: Buffer.from('hi'),
  })[kind];`;
  await withWorker(code, async (harness) => {
    assert.deepEqual(await harness.run(1, { kind: 'object' }), { a: 1, 中: '文' });
    assert.equal((await harness.invoke(2, { kind: 'nothing' })).body.length, 0);
    assert.equal(await harness.run(3, { kind: 'nil' }), null);
    assert.equal(await harness.run(4, { kind: 'text' }), 'x');
    assert.equal(await harness.run(5, { kind: 'zero' }), 0);
    assert.equal(await harness.run(6, { kind: 'date' }), '1970-01-01T00:00:00.000Z');
    assert.deepEqual(await harness.run(7, { kind: 'buffer' }), { type: 'Buffer', data: [104, 105] });
  });
});

test('an absent event is an empty object', async () => {
  await withWorker('exports.main = (event) => event;', async (harness) => {
    assert.deepEqual(await harness.run(1, undefined), {});
  });
});

test('a return value that is not JSON fails with a clear message', async () => {
  const code = `exports.main = ({ big }) => { if (big) return { n: 10n }; const a = {}; a.a = a; return a; };`;
  await withWorker(code, async (harness) => {
    for (const [id, event] of [[1, {}], [2, { big: true }]]) {
      const frame = await harness.invoke(id, event);
      assert.equal(frame.kind, KIND.failed);
      const failure = JSON.parse(frame.text);
      assert.equal(failure.code, 'RESULT_NOT_JSON');
      assert.match(failure.message, /return value cannot be sent as JSON/);
    }
  });
});

test('what a function throws travels with name, message, code and stack', async () => {
  const code = `
    class Refusal extends RangeError { constructor() { super('no more'); this.name = 'Refusal'; this.code = 'E_NONE'; } }
    exports.main = async ({ how }) => {
      if (how === 'error') throw new Refusal();
      if (how === 'string') throw 'just text';
      if (how === 'object') throw { errCode: -5, errMsg: 'shape' };
      throw undefined;
    };
    `;
  await withWorker(code, async (harness) => {
    const failure = async (id, how) => JSON.parse((await harness.invoke(id, { how })).text);
    const error = await failure(1, 'error');
    assert.equal(error.name, 'Refusal');
    assert.equal(error.message, 'no more');
    assert.equal(error.code, 'E_NONE');
    assert.match(error.stack, /index\.js:\d+/);
    assert.equal((await failure(2, 'string')).message, 'just text');
    assert.deepEqual(await failure(3, 'object'), { name: 'Error', message: 'shape', code: '-5', stack: '' });
    assert.equal((await failure(4, 'nothing')).message, 'undefined');
  });
});

test('functions that throw before they return a promise fail, and the worker goes on', async () => {
  await withWorker("exports.main = (event) => { if (event.bad) throw new Error('at once'); return 'fine'; };", async (harness) => {
    assert.equal((await harness.invoke(1, { bad: true })).kind, KIND.failed);
    assert.equal(await harness.run(2, {}), 'fine');
  });
});

test('the old callback style works', async () => {
  const code = `exports.main = (event, context, callback) => {
    setTimeout(() => (event.bad ? callback(new Error('told')) : callback(null, { id: context.requestId })), 5);
  };`;
  await withWorker(code, async (harness) => {
    assert.deepEqual(await harness.run(1, {}), { id: 'r-1' });
    await assert.rejects(harness.run(2, { bad: true }), /told/);
  });
});

test('several invocations run at once, each with its own context and logs', async () => {
  const code = `
    const cloud = require('wx-server-sdk');
    cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV });
    exports.main = async ({ wait }, context) => {
      await new Promise((resolve) => setTimeout(resolve, wait));
      console.log('mine', cloud.getWXContext().OPENID);
      await Promise.resolve();
      return [cloud.getWXContext().OPENID, context.requestId];
    };`;
  await withWorker(code, async (harness) => {
    const ids = Array.from({ length: 20 }, (unused, index) => index + 1);
    const answers = await Promise.all(ids.map((id) => harness.run(id, { wait: (21 - id) * 2 }, { openid: `user-${id}`, platform: 'wechat' })));
    ids.forEach((id, index) => {
      assert.deepEqual(answers[index], [`user-${id}`, `r-${id}`]);
      assert.deepEqual(harness.logs(id).map(({ text }) => text), [`mine user-${id}`]);
    });
    // The last one sent waits least, hence they really ran side by side.
    const ended = harness.frames.filter(({ kind }) => kind === KIND.result).map(({ id }) => id);
    assert.equal(ended[0], 20);
  });
});

test('the context has both platforms\' members', async () => {
  const code = `exports.main = async (event, context) => ({
    request: context.request_id, function: context.function_name, version: context.function_version, memory: context.memory_limit_in_mb,
    alipay: context.alipayContext.openId, upper: context.alipayContext.OPENID, agent: context.alipayContext.userAgent,
    remaining: context.getRemainingTimeInMillis(), logger: typeof context.logger.info, event,
  });`;
  await withWorker(code, async (harness) => {
    const meta = { openid: 'o-1', platform: 'alipay', userAgent: 'ua', deadlineMs: Date.now() + 5000 };
    const answer = await harness.run(1, { a: 1 }, meta);
    assert.ok(answer.remaining > 3000 && answer.remaining <= 5000);
    delete answer.remaining;
    assert.deepEqual(answer, {
      request: 'r-1', function: 'pay', version: '3', memory: 512, alipay: 'o-1', upper: 'o-1', agent: 'ua', logger: 'function', event: { a: 1 },
    });
  });
});

test('calls from a WeChat client find userInfo in the event; others do not', async () => {
  await withWorker('exports.main = (event) => event;', async (harness) => {
    const wechat = { platform: 'wechat', openid: 'o', appid: 'wx1' };
    assert.deepEqual(await harness.run(1, { a: 1 }, wechat), { a: 1, userInfo: { appId: 'wx1', openId: 'o' } });
    assert.deepEqual(await harness.run(2, { a: 1 }, { ...wechat, source: 'timer' }), { a: 1 });
    assert.deepEqual(await harness.run(3, { a: 1 }, { platform: 'alipay', openid: 'o' }), { a: 1 });
    assert.deepEqual(await harness.run(4, { a: 1 }, { source: 'admin' }), { a: 1 });
    const { userInfo } = await harness.run(5, {}, { ...wechat, source: 'function' });
    assert.equal(userInfo.openId, 'o', 'a function that another one calls has the user as well');
  });
});

test('development users and the user of an admin\'s call stand in for WeChat users, but not in Alipay\'s functions', async () => {
  const standIns = [{ platform: 'development', openid: 'o' }, { source: 'admin', openid: 'o' }];
  const userInfo = { appId: '', openId: 'o' };
  for (const [setup, expected] of [['', { userInfo }], ["require('wx-server-sdk');", { userInfo }], ["require('@alipay/faas-server-sdk');", {}]]) {
    await withWorker(`${setup} exports.main = (event) => event;`, async (harness) => {
      for (const [index, meta] of standIns.entries()) assert.deepEqual(await harness.run(index + 1, {}, meta), expected);
    });
  }
});

test('environment variables and the working directory are the function\'s', async () => {
  const code = `exports.main = () => ({
    own: process.env.KEY, alipay: process.env.RUNTIME_FUNCTION_NAME, tencent: process.env.TENCENTCLOUD_RUNENV, env: process.env.TCB_ENV,
    file: require('fs').readFileSync('data.txt', 'utf8'),
  });`;
  await withWorker({ 'index.js': code, 'data.txt': 'beside' }, async (harness) => {
    assert.deepEqual(await harness.run(1, {}), { own: 'v', alipay: 'pay', tencent: 'SCF', env: 'env-test', file: 'beside' });
  }, { environment: { KEY: 'v' } });
});

test('an unhandled rejection is logged for its invocation and the worker goes on', async () => {
  const code = `exports.main = async ({ bad }) => { if (bad) Promise.reject(new Error('forgotten')); return 'fine'; };`;
  await withWorker(code, async (harness) => {
    assert.equal(await harness.run(1, { bad: true }), 'fine');
    await harness.next(({ kind, id }) => kind === KIND.log && id === 1);
    const [line] = harness.logs(1);
    assert.equal(line.level, 3);
    assert.match(line.text, /Unhandled rejection: Error: forgotten/);
    assert.equal(await harness.run(2, {}), 'fine');
  });
});

test('an uncaught exception is logged and ends the worker with status 1', async () => {
  const code = `exports.main = () => new Promise(() => setTimeout(() => { throw new Error('from a timer'); }, 1));`;
  await withWorker(code, async (harness) => {
    harness.sendInvoke(1, {});
    assert.deepEqual(await harness.exited, { code: 1, signal: null });
    assert.match(harness.logs(1)[0].text, /Uncaught exception, the worker ends: Error: from a timer/);
  });
});

test('process.exit ends the worker after what was written before it', async () => {
  const code = `process.on('exit', (code) => console.log('leaving', code));
    exports.main = ({ quit }) => { if (!quit) return 'first'; console.log('last words'); process.exit(7); };`;
  await withWorker(code, async (harness) => {
    harness.sendInvoke(1, {});
    harness.sendInvoke(2, { quit: true });
    assert.deepEqual(await harness.exited, { code: 7, signal: null });
    assert.ok(harness.frames.some(({ kind, id }) => kind === KIND.result && id === 1));
    assert.deepEqual(harness.logs(2).map(({ text }) => text), ['last words', 'leaving 7']);
    assert.ok(!harness.frames.some(({ kind, id }) => id === 2 && (kind === KIND.result || kind === KIND.failed)));
  });
});

test('process.exit delivers several megabytes of output first', async () => {
  const code = `exports.main = ({ quit }) => { if (quit) process.exit(0); return 'x'.repeat(8 * 1024 * 1024); };`;
  await withWorker(code, async (harness) => {
    harness.sendInvoke(1, {});
    harness.sendInvoke(2, { quit: true });
    assert.equal((await harness.exited).code, 0);
    const [result] = harness.frames.filter(({ kind, id }) => kind === KIND.result && id === 1);
    assert.equal(result.body.length, 8 * 1024 * 1024 + 2);
  });
});

test('the worker ends at once when the server closes the socket', async () => {
  await withWorker('setInterval(() => {}, 1000); exports.main = () => new Promise(() => {});', async (harness) => {
    harness.sendInvoke(1, {});
    harness.writer.flush();
    harness.socket.end();
    assert.equal((await harness.exited).code, 0);
  });
});

test('a frame that cannot be read ends the worker with status 70', async () => {
  for (const bytes of [Buffer.from([0, 0, 0, 5, 99, 0, 0, 0, 1]), Buffer.from([255, 255, 255, 255, 2]), Buffer.from([0, 0, 0, 1, 2])]) {
    await withWorker('exports.main = () => 1;', async (harness) => {
      harness.socket.write(bytes);
      assert.equal((await harness.exited).code, 70);
    });
  }
});

test('frames may arrive in any pieces', async () => {
  await withWorker('exports.main = ({ text }) => text.length;', async (harness) => {
    const whole = [];
    const deliver = harness.writer.deliver;
    harness.writer.deliver = (bytes) => whole.push(bytes);
    for (let id = 1; id <= 3; id += 1) harness.sendInvoke(id, { text: '字'.repeat(id * 100) });
    harness.writer.flush();
    harness.writer.deliver = deliver;
    for (const byte of Buffer.concat(whole)) {
      harness.socket.write(Buffer.from([byte]));
      if (byte === 0) await new Promise(setImmediate);
    }
    for (let id = 1; id <= 3; id += 1) assert.equal((await harness.next((frame) => frame.id === id && frame.kind === KIND.result)).text, String(id * 100));
  });
});

test('a large event and a large result pass', async () => {
  await withWorker('exports.main = (event) => event;', async (harness) => {
    const text = 'é'.repeat(3 * 1024 * 1024);
    assert.deepEqual(await harness.run(1, { text }), { text });
  });
});

test('user code finds no socket at its standard input', async () => {
  const code = `exports.main = async () => {
    const chunks = [];
    for await (const chunk of process.stdin) chunks.push(chunk);
    return chunks.length;
  };`;
  await withWorker(code, async (harness) => assert.equal(await harness.run(1, {}), 0));
});

test('a module that throws while it loads is specialiseFailed', async () => {
  await withWorker("throw new TypeError('broken module');", async (harness, loaded) => {
    assert.equal(loaded.kind, KIND.specialiseFailed);
    const failure = JSON.parse(loaded.text);
    assert.equal(failure.name, 'TypeError');
    assert.equal(failure.message, 'broken module');
    assert.match(failure.stack, /index\.js:1/);
  });
});

test('a handler that does not exist is named, with what there is', async () => {
  await withWorker({ 'other.js': '' }, async (harness, loaded) => {
    const failure = JSON.parse(loaded.text);
    assert.equal(failure.code, 'HANDLER_FILE_NOT_FOUND');
    assert.match(failure.message, /other\.js/);
  });
  await withWorker('exports.handle = () => 1;', async (harness, loaded) => {
    const failure = JSON.parse(loaded.text);
    assert.equal(failure.code, 'HANDLER_NOT_FOUND');
    assert.match(failure.message, /handle/);
  });
});

test('handlers may lie in folders and have other names', async () => {
  await withWorker({ 'src/app.js': 'exports.handle = () => "there";' }, async (harness) => {
    assert.equal(await harness.run(1, {}), 'there');
  }, { handler: 'src/app.handle' });
});
