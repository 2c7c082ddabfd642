'use strict';

const assert = require('node:assert/strict');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { test } = require('node:test');
const { WorkerHarness, KIND } = require('./worker-harness');

async function withWorker(files, body, settings) {
  const harness = await WorkerHarness.start();
  try {
    const loaded = await harness.specialise(files, settings);
    await body(harness, loaded);
  } finally {
    await harness.stop();
  }
}

/** A folder of packages such as a layer has: name → source of index.js. */
function makeLayer(packages, folder = 'node_modules') {
  const layer = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'sampan-layer-')), folder);
  for (const [name, source] of Object.entries(packages)) {
    fs.mkdirSync(path.join(layer, name), { recursive: true });
    fs.writeFileSync(path.join(layer, name, 'index.js'), source);
    fs.writeFileSync(path.join(layer, name, 'package.json'), JSON.stringify({ name, main: 'index.js' }));
  }
  return layer;
}

test('the platforms\' SDK names mean Sampan\'s SDK even if the real packages are deployed', async () => {
  const files = {
    'index.js': `const names = ['wx-server-sdk', '@alipay/faas-server-sdk', '@cloudbase/node-sdk', 'tcb-admin-node'];
      exports.main = () => names.map((name) => [typeof require(name).init, require(name).real === undefined, require.resolve(name)]);`,
    'node_modules/wx-server-sdk/index.js': 'exports.real = true;',
    'node_modules/@cloudbase/node-sdk/index.js': 'exports.real = true;',
  };
  await withWorker(files, async (harness) => {
    for (const [init, ours] of await harness.run(1, {})) assert.deepEqual([init, ours], ['function', true]);
  });
});

// Not one that Debian's Node.js would find in the system's own folder.
test('a missing package is named together with the remedy', async () => {
  for (const [required, name] of [['no-such-package/get', 'no-such-package'], ['@scope/thing/deep', '@scope/thing']]) {
    await withWorker({ 'index.js': `require('${required}'); exports.main = () => 1;` }, async (harness, loaded) => {
      assert.equal(loaded.kind, KIND.specialiseFailed);
      const failure = JSON.parse(loaded.text);
      assert.equal(failure.package, name);
      assert.equal(failure.code, 'MODULE_NOT_FOUND');
      assert.ok(failure.message.includes(`The package "${name}" is missing.`));
      assert.match(failure.message, /node_modules.*deploy again.*base layer/s);
    });
  }
});

test('a missing own file is not called a package', async () => {
  await withWorker({ 'index.js': "require('./lib/none'); exports.main = () => 1;" }, async (harness, loaded) => {
    const failure = JSON.parse(loaded.text);
    assert.equal(failure.package, undefined);
    assert.match(failure.message, /Cannot find module '\.\/lib\/none'/);
  });
});

test('a package that is missing only when the function runs fails that invocation with the same words', async () => {
  await withWorker({ 'index.js': "exports.main = () => require('no-such-package')();" }, async (harness) => {
    const frame = await harness.invoke(1, {});
    assert.equal(frame.kind, KIND.failed);
    assert.equal(JSON.parse(frame.text).package, 'no-such-package');
  });
});

test('own node_modules come before the layers; layers serve what is missing, in their order', async () => {
  const first = makeLayer({ a: "module.exports = 'a of layer 1';", b: "module.exports = 'b of layer 1 with ' + require('c');" });
  const second = makeLayer({ b: "module.exports = 'b of layer 2';", c: "module.exports = 'c of layer 2';" });
  const files = {
    'index.js': "const found = [require('a'), require('b'), require('c')]; exports.main = () => found;",
    'node_modules/a/index.js': "module.exports = 'own a';",
  };
  await withWorker(files, async (harness) => {
    assert.deepEqual(await harness.run(1, {}), ['own a', 'b of layer 1 with c of layer 2', 'c of layer 2']);
  }, { layers: [first, second] });
});

// As Debian keeps its packages in /usr/share/nodejs: packages find each other there, and `import` finds them too.
test('a layer is a folder of packages under any name', async () => {
  const packages = { a: "module.exports = 'a with ' + require('b');", b: "module.exports = 'b';" };
  const layers = [makeLayer(packages, 'nodejs')];
  await withWorker({ 'index.js': "const a = require('a'); exports.main = () => a;" }, async (harness) => {
    assert.equal(await harness.run(1, {}), 'a with b');
  }, { layers });
  await withWorker({ 'index.mjs': "import a from 'a'; export const main = () => a;" }, async (harness) => {
    assert.equal(await harness.run(1, {}), 'a with b');
  }, { layers });
});

test('tcb-router comes along, and a deployed one wins', async () => {
  const code = `const Router = require('tcb-router');
    exports.main = async (event) => {
      const app = new Router({ event });
      app.use(async (ctx, next) => { ctx.data.steps = ['common']; await next(); ctx.data.steps.push('end'); });
      app.router(['list', 'all'], async (ctx, next) => { ctx.data.steps.push('list'); await next(); },
        async (ctx) => { ctx.body = { code: 0, data: ctx.data, name: event.name }; });
      return app.serve();
    };`;
  await withWorker({ 'index.js': code }, async (harness) => {
    assert.deepEqual(await harness.run(1, { $url: 'list', name: 'n' }), { code: 0, data: { steps: ['common', 'list', 'end'] }, name: 'n' });
    assert.equal((await harness.run(2, { $url: 'none' })).code, -1);
  });
  await withWorker({
    'index.js': "const r = require('tcb-router'); exports.main = () => r;",
    'node_modules/tcb-router/index.js': "module.exports = 'deployed';",
  }, async (harness) => assert.equal(await harness.run(1, {}), 'deployed'));
});

const moduleSource = `
  import cloud, { init, DYNAMIC_CURRENT_ENV } from 'wx-server-sdk';
  import { readFile } from 'node:fs/promises';
  import own from 'own';
  import layered from 'layered';
  init({ env: DYNAMIC_CURRENT_ENV });
  export const main = async (event) => [event.a, own, layered, typeof readFile, cloud.getWXContext().OPENID];`;

for (const [name, files] of [
  ['index.mjs', { 'index.mjs': moduleSource }],
  ['type: module', { 'index.js': moduleSource, 'package.json': '{"type":"module"}' }],
]) {
  test(`ES modules (${name}) find the SDK, own packages and layers`, async () => {
    const layer = makeLayer({ layered: "module.exports = 'from a layer';" });
    await withWorker({ ...files, 'node_modules/own/index.js': "module.exports = 'own';" }, async (harness, loaded) => {
      assert.equal(loaded.kind, KIND.specialised, loaded.text);
      assert.deepEqual(await harness.run(1, { a: 1 }, { openid: 'o' }), [1, 'own', 'from a layer', 'function', 'o']);
    }, { layers: [layer] });
  });
}

test('a missing package of an ES module is named as well', async () => {
  await withWorker({ 'index.mjs': "import 'left-pad'; export const main = () => 1;" }, async (harness, loaded) => {
    assert.equal(loaded.kind, KIND.specialiseFailed);
    assert.equal(JSON.parse(loaded.text).package, 'left-pad');
  });
});

test('a default export with main works', async () => {
  await withWorker({ 'index.mjs': "export default { main: () => 'default' };" }, async (harness) => {
    assert.equal(await harness.run(1, {}), 'default');
  });
});
