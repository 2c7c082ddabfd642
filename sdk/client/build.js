'use strict';

/**
 * Makes sampan.js, one file that works in mini programs, browsers and Node: `node build.js`.
 * The modules are put in as they are; only the way they find each other changes.
 */

const fs = require('fs');
const path = require('path');

const SDK = path.join(__dirname, '..');
const ENTRY = path.join(__dirname, 'src', 'index.js');
const OUTPUT = path.join(__dirname, 'sampan.js');
/** Mini programs need the file in their own folder. */
const COPIES = ['alipay', 'wechat'].map((platform) =>
  path.join(SDK, '..', 'templates', 'retail', `miniprogram-${platform}`, 'sampan.js'));
const REQUIRE = /= require\('(\.[^']+)'\)/g;

const HEADER = `/*!
 * Sampan client SDK. Made by sdk/client/build.js from sdk/client/src and sdk/shared; do not edit.
 */
(function (root, factory) {
  if (typeof module === 'object' && module !== null && module.exports) module.exports = factory(module);
  else if (typeof define === 'function' && define.amd) define([], function () { return factory(null); });
  else root.sampan = factory(null);
})(typeof globalThis !== 'undefined' ? globalThis : typeof self !== 'undefined' ? self : this, function (hostModule) {
  'use strict';

  const sources = {};
  const loaded = {};

  function load(name) {
    if (loaded[name] === undefined) {
      const module = { exports: {} };
      loaded[name] = module;
      sources[name](module);
    }
    return loaded[name].exports;
  }
`;

function nameOf(file) {
  return path.relative(SDK, file).replace(/\\/g, '/').replace(/\.js$/, '');
}

function resolve(from, request) {
  return path.join(path.dirname(from), request.endsWith('.js') ? request : `${request}.js`);
}

/** The entry and all that it reaches, each after what it needs. */
function collect(file, found) {
  if (found.has(file)) return found;
  found.set(file, null);
  const source = fs.readFileSync(file, 'utf8');
  for (const [, request] of source.matchAll(REQUIRE)) collect(resolve(file, request), found);
  found.delete(file);
  found.set(file, source);
  return found;
}

function moduleText(file, source) {
  const body = source
    .replace(/^'use strict';\n+/, '')
    .replace(REQUIRE, (all, request) => `= load('${nameOf(resolve(file, request))}')`)
    .replace(/^(?=.)/gm, '    ')
    .trimEnd();
  return `\n  sources['${nameOf(file)}'] = function (module) {\n${body}\n  };\n`;
}

function bundle() {
  const modules = [...collect(ENTRY, new Map())].map(([file, source]) => moduleText(file, source));
  const footer = `\n  const entry = load('${nameOf(ENTRY)}');\n  entry.setHostModule(hostModule);\n  return entry.cloud;\n});\n`;
  return HEADER + modules.join('') + footer;
}

if (require.main === module) {
  const text = bundle();
  for (const file of [OUTPUT, ...COPIES]) {
    fs.writeFileSync(file, text);
    process.stdout.write(`${path.relative(process.cwd(), file)}: ${Buffer.byteLength(text)} bytes\n`);
  }
}

module.exports = { bundle, OUTPUT };
