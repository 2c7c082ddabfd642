'use strict';

/** `cloud.coupons`: the same words in pages and in functions; who carries them out differs. */

const { invalidParameter } = require('./problems');

/** What pages may do; the rest is for functions, which know whether an order was paid. */
const PAGE_STEPS = ['lock', 'release'];
const FUNCTION_STEPS = ['lock', 'release', 'redeem', 'refund', 'void', 'freeze', 'unfreeze'];
const NOT_SENT = ['success', 'fail', 'complete', 'timeout'];

function membersOf(options) {
  const members = {};
  for (const name of Object.keys(options || {})) {
    if (NOT_SENT.indexOf(name) === -1 && options[name] !== undefined) members[name] = options[name];
  }
  return members;
}

function requireId(api, name, value) {
  if (typeof value !== 'string' || value === '') throw invalidParameter(`coupons.${api} needs {${name}: string}.`);
  return value;
}

/** What a platform's API takes; some code has it as JSON already. */
function bodyOf(api, value) {
  const body = typeof value === 'string' ? parsed(api, value) : value === undefined ? {} : value;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalidParameter(`coupons.${api} needs an object.`);
  return body;
}

function parsed(api, text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalidParameter(`coupons.${api} needs an object, or one as JSON: ${error.message}`);
  }
}

/** One coupon may be named without a list around it. */
function stepMembers(api, options) {
  const members = membersOf(options);
  if (typeof members.coupons === 'string') members.coupons = [members.coupons];
  if (!Array.isArray(members.coupons) || members.coupons.length === 0) throw invalidParameter(`coupons.${api} needs {coupons: string[]}.`);
  return members;
}

function basketMembers(api, options) {
  const members = membersOf(options);
  if (typeof members.basket !== 'object' || members.basket === null) throw invalidParameter(`coupons.${api} needs {basket: {lines: […]}}.`);
  return api === 'price' ? Object.assign(members, stepMembers(api, options)) : members;
}

/**
 * `perform(op, options, members)`: `options` has the callbacks and the timeout, `members()` what is asked, or throws what is
 * wrong with it.
 */
function createCoupons(steps, perform) {
  const coupons = {
    offers: (options) => perform('offers', options, () => membersOf(options)),
    offer: (batch, options) => perform('offer', options, () => Object.assign(membersOf(options), { batch: requireId('offer', 'batch', batch) })),
    claim: (batch, options) => perform('claim', options, () => Object.assign(membersOf(options), { batch: requireId('claim', 'batch', batch) })),
    /** What a code gives, of whichever batch it is. */
    claimByCode: (code, options) => perform('claim', options, () => Object.assign(membersOf(options), { code: requireId('claimByCode', 'code', code) })),
    /** The invitation that who has a coupon of the batch gives to others. */
    invitation: (batch, options) => perform('invitation', options, () => Object.assign(membersOf(options), { batch: requireId('invitation', 'batch', batch) })),
    mine: (options) => perform('mine', options, () => membersOf(options)),
    get: (id, options) => perform('get', options, () => Object.assign(membersOf(options), { id: requireId('get', 'id', id) })),
  };
  for (const question of ['best', 'price']) coupons[question] = (options) => perform(question, options, () => basketMembers(question, options));
  for (const step of steps) coupons[step] = (options) => perform(step, options, () => stepMembers(step, options));
  if (steps === FUNCTION_STEPS) {
    /** The coupon that goes by an uploaded code, or was claimed with a code. */
    coupons.getByCode = (code, options) => perform('get', options, () => Object.assign(membersOf(options), { code: requireId('getByCode', 'code', code) }));
    coupons.entries = (options) => perform('entries', options, () => membersOf(options));
    /** Alipay's own method and `biz_content`; answers what Alipay would, refusals too. */
    coupons.alipay = (method, bizContent) => perform('alipay', {}, () => ({ method: requireId('alipay', 'method', method), bizContent: bodyOf('alipay', bizContent) }));
    /** WeChat's own method, path and body. */
    coupons.wechat = (method, path, body) => perform('wechat', {}, () => ({
      method: requireId('wechat', 'method', method), path: requireId('wechat', 'path', path), body: bodyOf('wechat', body),
    }));
  }
  return coupons;
}

module.exports = { createCoupons, PAGE_STEPS, FUNCTION_STEPS };
