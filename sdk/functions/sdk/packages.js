'use strict';

/** The packages that functions `require` under the platforms' names, made for one worker's link to the server. */

const { createWechatSDK } = require('./wx');
const { createAlipaySDK } = require('./alipay');
const { createTencentSDK } = require('./tcb');
const { createEmasContext } = require('./emas');

function createPackages(link) {
  let wechatLoaded = false;
  const tencent = once(() => createTencentSDK(link));
  const provided = {
    'wx-server-sdk': () => {
      wechatLoaded = true;
      return createWechatSDK(link);
    },
    '@alipay/faas-server-sdk': () => createAlipaySDK(link),
    '@cloudbase/node-sdk': tencent,
    'tcb-admin-node': tencent,
  };
  return {
    provided,
    emasContext: (meta, event) => createEmasContext(link, meta, event),
    // A development user stands in for a WeChat user when the function is written for WeChat.
    isWechatCaller: (meta) => meta.platform === 'wechat' || (wechatLoaded && meta.platform === 'development'),
  };
}

function once(make) {
  let made;
  return () => {
    if (made === undefined) made = make();
    return made;
  };
}

module.exports = { createPackages };
