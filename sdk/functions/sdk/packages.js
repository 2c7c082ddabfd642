'use strict';

/** The packages that functions `require` under the platforms' names, made for one worker's link to the server. */

const { createWechatSDK } = require('./wx');
const { createAlipaySDK } = require('./alipay');
const { createTencentSDK } = require('./tcb');
const { createEmasContext } = require('./emas');

function createPackages(link) {
  let alipayLoaded = false;
  const tencent = once(() => createTencentSDK(link));
  const provided = {
    'wx-server-sdk': () => createWechatSDK(link),
    '@alipay/faas-server-sdk': () => {
      alipayLoaded = true;
      return createAlipaySDK(link);
    },
    '@cloudbase/node-sdk': tencent,
    'tcb-admin-node': tencent,
  };
  return {
    provided,
    emasContext: (meta, event) => createEmasContext(link, meta, event),
    isWechatCaller: (meta) => isUsersCall(meta) && (meta.platform === 'wechat' || (standsInForUser(meta) && !alipayLoaded)),
  };
}

/** A call by a user: from a page, by a function that serves the user, or `sampan invoke --openid`. */
function isUsersCall(meta) {
  return Boolean(meta.openid) && ['client', 'function', 'admin'].includes(meta.source);
}

/**
 * A development user, or the one whom a developer names (`sampan invoke --openid`, which says no platform), is a WeChat
 * user unless the function is written for Alipay. A function that reads only `event.userInfo` loads no SDK at all.
 */
function standsInForUser(meta) {
  return meta.platform === 'development' || !meta.platform;
}

function once(make) {
  let made;
  return () => {
    if (made === undefined) made = make();
    return made;
  };
}

module.exports = { createPackages };
