'use strict';

/** One run of the function: who called, until when, and the `context` argument that user code gets. */

const { LogBudget } = require('./logs');

class Invocation {
  constructor(id, meta) {
    this.id = id;
    this.meta = meta;
    this.logBudget = new LogBudget();
    this.settled = false;
  }
}

const levels = ['debug', 'info', 'warn', 'error'];

/** The logger of Alipay's context and of `cloud.logger()`: the same lines as `console`. */
const logger = Object.freeze(
  Object.assign(
    { log: (...values) => console.log(...values) },
    ...levels.map((level) => ({ [level]: (...values) => console[level](...values) })),
  ),
);

/** Alipay's facts about the caller, in the spellings of its Node, Python and PHP SDKs. */
function alipayContext(meta) {
  const openid = meta.openid || '';
  const environment = meta.env || '';
  const requestId = meta.requestId || '';
  return {
    OPENID: openid,
    UNIONID: meta.unionid || '',
    APPID: meta.appid || '',
    ENV: environment,
    SOURCE: meta.source || '',
    REQUESTID: requestId,
    openId: openid,
    unionId: meta.unionid || '',
    appId: meta.appid || '',
    env: environment,
    source: meta.source || '',
    requestId,
    traceId: requestId,
    rpcId: '0',
    clientIp: meta.clientIp || '',
    clientIpv6: ipv6(meta.clientIp),
    userAgent: meta.userAgent || '',
    fromAppId: meta.appid || '',
    fromOpenId: openid,
    fromUnionId: meta.unionid || '',
    openDataInfo: '',
  };
}

const WECHAT_SOURCE = { client: 'wx_client', function: 'scf', timer: 'wx_trigger', queue: 'wx_trigger', http: 'wx_http' };

/** What `getWXContext()` answers. Members that do not apply to the caller are absent, as in WeChat. */
function wechatContext(meta) {
  const context = { ENV: meta.env || '', SOURCE: WECHAT_SOURCE[meta.source] || 'wx_unknown' };
  if (meta.openid) context.OPENID = meta.openid;
  if (meta.appid) context.APPID = meta.appid;
  if (meta.unionid) context.UNIONID = meta.unionid;
  if (meta.clientIp) {
    context.CLIENTIP = meta.clientIp;
    context.CLIENTIPV6 = ipv6(meta.clientIp) || `::ffff:${meta.clientIp}`;
  }
  return context;
}

function ipv6(address) {
  return address && address.includes(':') ? address : '';
}

/** The second argument of `exports.main`, with the members of both platforms' contexts. */
class FunctionContext {
  // Private, so that a context that is logged or copied shows only what the platforms document.
  #deadline;
  #meta;

  constructor(meta, settings) {
    const requestId = meta.requestId || '';
    this.requestId = requestId;
    this.request_id = requestId;
    this.trace_id = requestId;
    this.rpc_id = '0';
    this.app_id = meta.appid || '';
    this.appid = meta.appid || '';
    this.env = meta.env || '';
    this.namespace = meta.env || '';
    this.function_name = settings.function;
    this.functionName = settings.function;
    this.function_version = settings.versionText;
    this.memory_limit_in_mb = settings.memoryMB;
    this.time_limit_in_ms = settings.timeoutMs;
    this.callbackWaitsForEmptyEventLoop = false;
    this.#deadline = meta.deadlineMs || 0;
    this.#meta = meta;
  }

  get logger() {
    return logger;
  }

  get alipayContext() {
    return alipayContext(this.#meta);
  }

  get httpContext() {
    return { sourceIp: this.#meta.clientIp || '', userAgent: this.#meta.userAgent || '' };
  }

  /** Milliseconds until the server gives up on this invocation. */
  getRemainingTimeInMillis() {
    return this.#deadline === 0 ? this.time_limit_in_ms : Math.max(0, this.#deadline - Date.now());
  }

  getLogger() {
    return logger;
  }
}

/** WeChat puts the caller into the event of calls that come from the mini program. */
function addWechatUser(event, meta) {
  if (typeof event === 'object' && event !== null && !Array.isArray(event)) {
    event.userInfo = { appId: meta.appid || '', openId: meta.openid || '' };
  }
}

module.exports = { Invocation, FunctionContext, alipayContext, wechatContext, addWechatUser, logger };
