'use strict';

/** Sampan's client SDK: Alipay's and WeChat's cloud APIs for mini programs, browsers and Node. */

const { Connection } = require('./connection');
const { createAlipayContext } = require('./alipay-context');
const { createWechatCalls } = require('./wechat-cloud');
const { createAlipayTransport } = require('./transport-alipay');
const { WaitingEvents } = require('./waiting-room');
const { createWechatTransport } = require('./transport-wechat');
const { createFetchTransport } = require('./transport-fetch');
const { globalScope, setHostModule } = require('./host');
const { notAvailable, invalidParameter, wechatError } = require('../../shared/problems');

// What install() or init() said; contexts that name less use it.
let defaults = {};
// After install() the page's own names of environments, which are the old cloud's, have no effect.
let installed = false;
let wechatConnection = null;
// One line for the whole app: whoever shows it listens in one place.
const waitingRoom = new WaitingEvents();

function chooseTransport() {
  const scope = globalScope();
  if (typeof my === 'object' && my !== null && typeof my.request === 'function') return createAlipayTransport(my);
  if (typeof wx === 'object' && wx !== null && typeof wx.request === 'function') return createWechatTransport(wx);
  if (typeof scope.fetch === 'function') return createFetchTransport(scope);
  throw notAvailable('There is no my, wx or fetch here to send requests with.');
}

function settingsFrom(options) {
  const given = options || {};
  const own = {};
  for (const name of ['env', 'endpoint', 'user', 'language', 'timeout', 'storage', 'waitingRoom']) {
    if (given[name] !== undefined && typeof given[name] !== 'symbol') own[name] = given[name];
  }
  // WeChat allows one environment for each kind of resource; there is one for all of them here.
  if (typeof own.env === 'object' && own.env !== null) own.env = own.env.functions || own.env.database || own.env.storage;
  return installed && own.endpoint === undefined ? Object.assign({}, own, defaults) : Object.assign({}, defaults, own);
}

/** A connection that is made when it is first needed. */
function lazyConnection(settings) {
  let connection = null;
  return () => {
    if (connection === null) connection = new Connection(settings, chooseTransport(), undefined, waitingRoom);
    return connection;
  };
}

/** Alipay's API. */
function createCloudContext(options) {
  return Object.assign(createAlipayContext(lazyConnection(settingsFrom(options))), { waitingRoom });
}

/** WeChat's API: `init` first, then the calls. */
function init(options) {
  if (installed && !(options && options.endpoint)) return;
  defaults = settingsFrom(options);
  wechatConnection = lazyConnection(defaults);
}

const wechatCalls = createWechatCalls(() => {
  if (wechatConnection === null) throw invalidParameter('Call cloud.init({env, endpoint}) before anything else.', 'NOT_INITIALISED');
  return wechatConnection();
});

/** `new Cloud({resourceEnv})`: another environment at the same server. */
class Cloud {
  constructor(options) {
    const given = options || {};
    const settings = Object.assign({}, defaults, typeof given.resourceEnv === 'string' ? { env: given.resourceEnv } : {});
    this.connect = lazyConnection(settings);
    Object.assign(this, createWechatCalls(this.connect));
  }

  async init() {
    try {
      await this.connect().start();
    } catch (error) {
      throw wechatError(error, 'Cloud.init', 'login');
    }
  }
}

/**
 * Puts this SDK in the place of `wx.cloud` or `my.cloud`, so that pages stay as they are:
 * `sampan.install({env: 'env-…', endpoint: 'https://…'})` in app.js, before anything else uses the cloud.
 */
function install(options) {
  defaults = settingsFrom(options);
  installed = true;
  wechatConnection = lazyConnection(defaults);
  const places = [typeof my === 'object' ? my : null, typeof wx === 'object' ? wx : null].filter((place) => place !== null);
  for (const place of places) replaceCloud(place);
  return cloud;
}

function replaceCloud(place) {
  try {
    Object.defineProperty(place, 'cloud', { value: cloud, configurable: true, enumerable: true, writable: true });
  } catch (error) {
    throw notAvailable(`The super-app does not let its cloud be replaced (${error.message}); use the value of install() instead.`);
  }
}

const cloud = Object.assign({ createCloudContext, init, install, Cloud, DYNAMIC_CURRENT_ENV: Symbol('DYNAMIC_CURRENT_ENV'), waitingRoom }, wechatCalls);

module.exports = { cloud, setHostModule };
