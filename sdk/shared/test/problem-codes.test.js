'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const SDK = path.join(__dirname, '..', '..');
const SERVER = path.join(SDK, '..', 'Sources');
// Rooms whose codes reach the callers of the API; the command line and the workers have codes of their own.
const ROOMS = ['Rush', 'Rehearsals', 'Kernel', 'HTTPSupport', 'Tenancy', 'Identity', 'Documents', 'Files', 'Functions', 'Sampan'];

function texts(folder, wanted) {
  return fs.readdirSync(folder, { recursive: true })
    .filter((name) => wanted(name.split(path.sep)))
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8'))
    .join('\n');
}

const numbers = fs.readFileSync(path.join(SDK, 'shared', 'problems.js'), 'utf8');
/** The codes that problems.js knows by name: keys of its table, and what it compares with. */
const known = [...new Set([...numbers.matchAll(/^  ([A-Z][A-Z_]+): -|\.code === '([A-Z_]+)'/gm)].map((match) => match[1] || match[2]))];

test('every code with a number of its own is one that is sent', { skip: !fs.existsSync(SERVER) && 'the server is not beside the SDK' }, () => {
  const server = texts(SERVER, (parts) => ROOMS.includes(parts[0]) && parts.at(-1).endsWith('.swift'));
  const sdk = texts(SDK, (parts) => parts.at(-1).endsWith('.js')
    && !parts.includes('test') && !parts.includes('node_modules') && !['sampan.js', 'problems.js'].includes(parts.at(-1)));
  const made = numbers.replace(/^  [A-Z_]+: -\d+,$/gm, '').replace(/\.code === '[A-Z_]+'/g, '');
  assert.ok(known.length > 20, 'the table is read');
  assert.deepEqual(known.filter((code) => !server.includes(`"${code}"`) && !`${sdk}${made}`.includes(`'${code}'`)), []);
});

test('what the server says of who calls and of sizes has a number of its own', { skip: !fs.existsSync(SERVER) && 'the server is not beside the SDK' }, () => {
  const server = texts(SERVER, (parts) => ROOMS.includes(parts[0]) && parts.at(-1).endsWith('.swift'));
  const sent = [...server.matchAll(/"((?:TOKEN_|[A-Z]*_?TOO_LARGE)[A-Z_]*)"/g)].map((match) => match[1]);
  assert.ok(sent.includes('TOKEN_MISSING') && sent.includes('DOCUMENT_TOO_LARGE') && sent.includes('TOO_LARGE'));
  assert.deepEqual([...new Set(sent)].filter((code) => !known.includes(code)), []);
});
