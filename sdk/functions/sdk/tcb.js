'use strict';

/** `require('@cloudbase/node-sdk')` and `require('tcb-admin-node')`. */

const { tencent } = require('../../shared/flavours');
const { tencentError, notAvailable } = require('../../shared/problems');
const { createCoupons, FUNCTION_STEPS } = require('../../shared/coupons');
const { settle } = require('../../shared/callbacks');
const { Platform } = require('./platform');
const { anyDepth } = require('./openapi');
const { structuredLogger } = require('./structured-logger');

const SYMBOL_CURRENT_ENV = Symbol.for('SYMBOL_CURRENT_ENV');

function createTencentSDK(link) {
  const platform = new Platform(link);
  const app = createApp(platform, link);
  // tcb-admin-node is used both as `tcb.init({…}).database()` and, after init, as `tcb.database()`.
  return {
    ...app,
    SYMBOL_CURRENT_ENV,
    SYMBOL_DEFAULT_ENV: Symbol.for('SYMBOL_DEFAULT_ENV'),
    version: 'sampan',
    init(options) {
      platform.noteEnvironment(options && (options.env || options.envName));
      return app;
    },
    parseContext: (context) => ({ ...context, environ: tencentContext(platform, link) }),
    getCloudbaseContext: () => tencentContext(platform, link),
  };
}

function createApp(platform, link) {
  function shaped(options, work) {
    const promise = work().catch((error) => {
      throw tencentError(error);
    });
    return settle(promise, options);
  }
  const withCode = (list) => list.map(({ status, errMsg, ...file }) => (
    { code: status === 0 ? 'SUCCESS' : 'STORAGE_FILE_NONEXIST', ...file }
  ));

  return {
    config: { envName: link.settings.env },
    database: (options) => platform.database(tencent, options),

    callFunction: (options) => shaped(options, async () => ({
      result: await platform.callFunction(options && options.name, options && options.data), requestId: platform.requestId(),
    })),

    uploadFile: (options) => shaped(options, async () => {
      const { fileID } = await platform.upload(options && options.cloudPath, options && options.fileContent);
      return { fileID, requestId: platform.requestId() };
    }),

    downloadFile: (options) => shaped(options, async () => ({
      fileContent: await platform.download(options && options.fileID), message: 'ok', requestId: platform.requestId(),
    })),

    deleteFile: (options) => shaped(options, async () => {
      const { fileList } = await platform.deleteFiles(options && options.fileList);
      return { fileList: withCode(fileList), requestId: platform.requestId() };
    }),

    getTempFileURL: (options) => shaped(options, async () => {
      const { fileList } = await platform.temporaryURLs(options && options.fileList);
      return { fileList: withCode(fileList), requestId: platform.requestId() };
    }),

    /** Not Tencent's: coupons of Sampan, in Tencent's manner. */
    coupons: createCoupons(FUNCTION_STEPS, (op, options, members) => shaped(options, async () => (
      { ...(await platform.coupons(op, members())), requestId: platform.requestId() }
    ))),

    auth: () => createAuth(platform),
    logger: () => structuredLogger,
    openapi: anyDepth((api, args) => shaped(undefined, () => platform.openapi({ platform: 'wechat', api, params: args[0] || {} }))),
    callContainer: (options) => shaped(options, async () => {
      throw notAvailable('callContainer is not available; call a function or the service\'s own address instead.');
    }),
  };
}

function createAuth(platform) {
  function getUserInfo() {
    const meta = platform.meta();
    const openId = meta.openid || '';
    return { openId, appId: meta.appid || '', uid: openId, customUserId: '', isAnonymous: meta.platform === 'anonymous' };
  }
  return {
    getUserInfo,
    /** Without a uid it is the caller, and answered at once, as in Tencent's SDK. */
    getEndUserInfo(uid) {
      if (uid === undefined) return { userInfo: getUserInfo() };
      return Promise.reject(tencentError(
        notAvailable('The users of an app cannot be asked for here; getEndUserInfo() without a uid is the caller.')));
    },
    getClientIP: () => platform.meta().clientIp || '',
  };
}

function tencentContext(platform, link) {
  const meta = platform.meta();
  return {
    TCB_ENV: link.settings.env,
    SCF_NAMESPACE: link.settings.env,
    TCB_SOURCE: meta.source || '',
    TCB_UUID: meta.openid || '',
    TCB_SOURCE_IP: meta.clientIp || '',
    TCB_ISANONYMOUS_USER: String(meta.platform === 'anonymous'),
    WX_OPENID: meta.openid || '',
    WX_APPID: meta.appid || '',
    WX_UNIONID: meta.unionid || '',
    WX_CLIENTIP: meta.clientIp || '',
  };
}

module.exports = { createTencentSDK };
