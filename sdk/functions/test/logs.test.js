'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { WorkerHarness, KIND } = require('./worker-harness');

async function withWorker(code, body) {
  const harness = await WorkerHarness.start();
  try {
    await harness.specialise({ 'index.js': code });
    await body(harness);
  } finally {
    await harness.stop();
  }
}

test('console methods carry their level and Node\'s formatting', async () => {
  const code = `exports.main = () => {
    console.debug('d'); console.log('%s is %d', 'x', 4); console.info({ a: [1] }); console.warn('w'); console.error(new Error('e').message);
    console.group('outer'); console.log('inner'); console.groupEnd();
    console.table([{ a: 1 }]);
    console.log();
  };`;
  await withWorker(code, async (harness) => {
    await harness.run(1, {});
    const lines = harness.logs(1);
    assert.deepEqual(lines.slice(0, 7).map(({ level, text }) => [level, text]), [
      [0, 'd'], [1, 'x is 4'], [1, '{ a: [ 1 ] }'], [2, 'w'], [3, 'e'], [1, 'outer'], [1, '  inner'],
    ]);
    assert.match(lines[7].text, /\(index\)/);
    assert.deepEqual([lines[8].level, lines[8].text], [1, '']);
  });
});

test('process.stdout.write and process.stderr.write are log lines too, and call back', async () => {
  const code = `exports.main = () => new Promise((resolve) => {
    process.stderr.write('to stderr\\n');
    process.stdout.write(Buffer.from('to stdout\\n'), () => resolve('called'));
  });`;
  await withWorker(code, async (harness) => {
    assert.equal(await harness.run(1, {}), 'called');
    assert.deepEqual(harness.logs(1).map(({ level, text }) => [level, text]), [[3, 'to stderr'], [1, 'to stdout']]);
    assert.equal(harness.output, '');
  });
});

test('lines outside of an invocation have the id 0', async () => {
  await withWorker("console.log('while loading'); exports.main = () => 1;", async (harness) => {
    assert.deepEqual(harness.logs(0).map(({ text }) => text), ['while loading']);
  });
});

test('log frames come before the result of their invocation', async () => {
  await withWorker("exports.main = async () => { console.log('a'); await null; console.log('b'); return 1; };", async (harness) => {
    await harness.run(1, {});
    const kinds = harness.frames.filter(({ id }) => id === 1).map(({ kind }) => kind);
    assert.deepEqual(kinds, [KIND.log, KIND.log, KIND.result]);
  });
});

test('long text is cut into frames of at most 64 KiB at character boundaries', async () => {
  await withWorker("exports.main = () => { console.log('a' + '字'.repeat(60000)); };", async (harness) => {
    await harness.run(1, {});
    const lines = harness.logs(1);
    assert.equal(lines.length, 3);
    assert.ok(lines.every(({ bytes }) => bytes <= 64 * 1024));
    assert.equal(lines.map(({ text }) => text).join(''), `a${'字'.repeat(60000)}`);
  });
});

test('an invocation logs at most 5 000 lines, and says so once; the next one starts anew', async () => {
  await withWorker('exports.main = ({ lines }) => { for (let i = 0; i < lines; i += 1) console.log(i); };', async (harness) => {
    await harness.run(1, { lines: 6000 });
    const lines = harness.logs(1);
    assert.equal(lines.length, 5001);
    assert.match(lines[5000].text, /5000 lines or 1 MiB; further lines are dropped/);
    assert.equal(lines[5000].level, 2);
    await harness.run(2, { lines: 3 });
    assert.equal(harness.logs(2).length, 3);
  });
});

test('an invocation logs at most 1 MiB', async () => {
  await withWorker("exports.main = () => { for (let i = 0; i < 40; i += 1) console.log('x'.repeat(60000)); };", async (harness) => {
    await harness.run(1, {});
    const lines = harness.logs(1);
    assert.equal(lines.length, 18);
    assert.match(lines[17].text, /dropped/);
  });
});
