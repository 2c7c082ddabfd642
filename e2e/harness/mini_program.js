'use strict';

/**
 * Runs pages of a mini program in Node, with the client SDK in the place of `wx.cloud`.
 *
 *     node mini_program.js FOLDER '{"env": …, "endpoint": …, "user": …, "platform": "alipay", "brings": true}'
 *
 * `brings`: the program puts its own copy of the SDK into the platform's place.
 *
 * Takes one JSON command a line and answers each with one line: `{data}`, or `{error}`. What a page shows (toasts, dialogs, where it
 * goes) is written down instead; nothing of a page's markup is rendered.
 */

const fs = require('fs');
const Module = require('module');
const path = require('path');
const readline = require('readline');
const { commonJS } = require('./mini_program_modules');
const { createMy } = require('./mini_program_my');
const { createWx, quiet } = require('./mini_program_wx');

const root = path.resolve(process.argv[2]);
const settings = JSON.parse(process.argv[3]);
const shown = [];
const pages = [];
const stood = new Map();
let app = {};
let definition = null;

// Pages write to the console as they like; standard output is for answers.
console.log = console.info = console.warn = console.debug = (...values) => console.error(...values);

function loadScripts() {
  const native = Module._extensions['.js'];
  Module._extensions['.js'] = (module, filename) => {
    if (!filename.startsWith(root + path.sep)) return native(module, filename);
    return module._compile(commonJS(fs.readFileSync(filename, 'utf8')), filename);
  };
  // In a mini program a path needs no `./`, and `/` is the program's own folder.
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function own(request, parent, ...rest) {
    const inside = parent && parent.filename && parent.filename.startsWith(root + path.sep);
    if (!inside || request.startsWith('.')) return resolve.call(this, request, parent, ...rest);
    return resolve.call(this, request.startsWith('/') ? path.join(root, request) : `./${request}`, parent, ...rest);
  };
}

function defineGlobals() {
  if (settings.platform === 'alipay') global.my = createMy(shown);
  else global.wx = createWx(shown, { confirms: settings.brings });
  global.__wxConfig = { envVersion: 'develop' };
  global.App = (options) => {
    app = options;
  };
  global.getApp = () => app;
  global.getCurrentPages = () => pages;
  global.Page = global.Component = (options) => {
    definition = options;
  };
  if (!settings.brings) require('../../sdk/client/sampan.js').install(settings);
}

function load(file) {
  definition = null;
  const place = path.join(root, file);
  // A page may be opened twice, and `Page` must be called each time.
  delete require.cache[require.resolve(place)];
  require(place);
  if (definition === null) throw new Error(`${file} calls neither Page nor Component`);
  return definition;
}

/** What pages and components have in common. */
class Instance {
  setData(changes, done) {
    for (const [key, value] of Object.entries(changes)) setPath(this.data, key, value);
    if (done) done.call(this);
  }

  selectComponent(selector) {
    return stood.get(selector) || quiet(shown, selector);
  }

  createSelectorQuery() {
    return quiet(shown, 'selectorQuery');
  }

  triggerEvent(name, detail) {
    shown.push({ what: 'event', name, detail });
  }
}

function setPath(data, key, value) {
  const steps = key.replace(/\[(\d+)\]/g, '.$1').split('.');
  const last = steps.pop();
  let place = data;
  for (const step of steps) {
    if (typeof place[step] !== 'object' || place[step] === null) place[step] = {};
    place = place[step];
  }
  place[last] = value;
}

function copyOf(data) {
  return data === undefined ? {} : structuredClone(data);
}

async function openPage({ page, query }) {
  const options = load(page);
  const instance = Object.assign(new Instance(), options, { data: copyOf(options.data), route: page, options: query || {} });
  pages.push(instance);
  for (const [name, value] of [['onLoad', query || {}], ['onShow'], ['onReady']]) {
    if (typeof instance[name] === 'function') await instance[name](value);
  }
  return instance;
}

/** Puts a component into the last page. `bind`: its property → a name in the page's data, as the page's markup has it. */
async function openComponent({ component, bind, id }) {
  const options = load(component);
  const page = pages[pages.length - 1];
  const instance = Object.assign(new Instance(), options.methods, { data: copyOf(options.data) });
  for (const [name, source] of Object.entries(bind || {})) {
    const value = () => source.split('.').reduce((place, step) => (place === undefined || place === null ? undefined : place[step]), page.data);
    // The markup keeps them equal; what the component itself sets stays its own.
    Object.defineProperty(instance.data, name, { get: value, enumerable: true, configurable: true });
  }
  instance.properties = instance.data;
  if (id) stood.set(id, instance);
  const lifetimes = { ...options, ...options.lifetimes };
  for (const name of ['created', 'attached', 'ready']) if (typeof lifetimes[name] === 'function') await lifetimes[name].call(instance);
  return instance;
}

function place(command) {
  if (command.module) return require(path.join(root, command.module));
  return command.of ? stood.get(command.of) : pages[pages.length - 1];
}

const commands = {
  launch: async () => {
    const script = path.join(root, 'app.js');
    if (fs.existsSync(script)) require(script);
    if (typeof app.onLaunch === 'function') await app.onLaunch({});
    return null;
  },
  page: async (command) => (await openPage(command)).data,
  component: async (command) => (await openComponent(command)).data,
  /** Calls `a.b.c` of the last page, of a component (`of`) or of a module, and answers what that returns. */
  call: async (command) => {
    const steps = command.call.split('.');
    const name = steps.pop();
    const target = steps.reduce((value, step) => value[step], place(command));
    return target[name](...(command.with || []));
  },
  set: async ({ of, set }) => place({ of }).setData(set),
  data: async ({ of }) => place({ of }).data,
  shown: async () => shown,
  /** What `getApp()` keeps under a name. */
  app: async ({ app: name }) => app[name],
};

async function answer(line) {
  const command = JSON.parse(line);
  const name = Object.keys(commands).find((each) => each in command);
  try {
    const data = await commands[name](command);
    process.stdout.write(`${JSON.stringify({ data: data === undefined ? null : data })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: error.errMsg || error.stack || String(error) })}\n`);
  }
}

loadScripts();
defineGlobals();
const lines = readline.createInterface({ input: process.stdin });
lines.on('line', answer);
lines.on('close', () => process.exit(0));
