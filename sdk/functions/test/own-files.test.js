'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { WorkerHarness, KIND } = require('./worker-harness');

async function withWorker(files, body) {
  const harness = await WorkerHarness.start();
  try {
    const loaded = await harness.specialise(files);
    assert.equal(loaded.kind, KIND.specialised, loaded.text);
    await body(harness);
  } finally {
    await harness.stop();
  }
}

test('a path without a dot finds the function\'s own file, from any of its folders and while it runs', async () => {
  await withWorker({
    'index.js': "const app = require('framework/app'); exports.main = (event) => app(event);",
    'framework/app.js': "module.exports = ({ name }) => require('controller/' + name + '_controller.js')();",
    'controller/user_controller.js': "const { found } = require('config/route.js'); module.exports = () => found;",
    'config/route.js': "exports.found = 'config/route.js';",
  }, async (harness) => assert.equal(await harness.run(1, { name: 'user' }), 'config/route.js'));
});

test('a built-in module and an installed package come before a file of the same name', async () => {
  await withWorker({
    'index.js': "exports.main = () => [typeof require('util').inspect, require('util/own.js'), require('box')];",
    'util/own.js': "module.exports = 'own';",
    'box/index.js': "module.exports = 'folder';",
    'node_modules/box/index.js': "module.exports = 'package';",
  }, async (harness) => assert.deepEqual(await harness.run(1, {}), ['function', 'own', 'package']));
});
