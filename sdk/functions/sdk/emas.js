'use strict';

/** The one argument of EMAS functions: `module.exports = async (ctx) => …`. */

const { tencentError, invalidParameter } = require('../../shared/problems');
const { logger } = require('../invocation');
const { Platform } = require('./platform');
const { createDriverDatabase } = require('./emas-database');
const { createAlipayCalls } = require('./emas-alipay');
const { createHttpClient } = require('./emas-http');

const HTTP_MEMBERS = ['path', 'httpMethod', 'headers', 'queryStringParameters', 'body', 'isBase64Encoded'];

function createEmasContext(link, meta, event) {
  const platform = new Platform(link);
  const context = {
    args: event,
    event,
    env: { ...link.settings.environment },
    logger,
    requestId: meta.requestId || '',
    mpserverless: createServerless(platform, meta),
    cloud: createAlipayCalls(platform),
    httpclient: createHttpClient(),
    httpMethod: '',
  };
  if (meta.source === 'http' && typeof event === 'object' && event !== null) {
    for (const member of HTTP_MEMBERS) context[member] = event[member];
  }
  return context;
}

function createServerless(platform, meta) {
  return {
    db: createDriverDatabase(platform),
    function: {
      invoke: (name, data) => answered(async () => ({ result: await platform.callFunction(name, data), requestId: platform.requestId() })),
    },
    file: createFiles(platform),
    user: {
      // Functions read `user`, pages `result.user`.
      getInfo: () => answered(async () => ({ user: userOf(meta), result: { user: userOf(meta) } })),
    },
  };
}

function userOf(meta) {
  const openid = meta.openid || '';
  return { userId: openid, oAuthUserId: openid, unionId: meta.unionid || '', appId: meta.appid || '', platform: meta.platform || '' };
}

/** EMAS answers carry `success`; failures are thrown. */
async function answered(work) {
  try {
    return { success: true, ...(await work()) };
  } catch (error) {
    throw tencentError(error);
  }
}

function createFiles(platform) {
  return {
    uploadFile: (options) => answered(async () => {
      const { cloudPath, fileContent } = options || {};
      const { fileID } = await platform.upload(cloudPath, fileContent);
      const { fileList } = await platform.temporaryURLs([fileID]);
      return { fileId: fileID, fileUrl: fileList[0].tempFileURL };
    }),
    downloadFile: (options) => answered(async () => ({ fileContent: await platform.download(fileIdOf(options)) })),
    deleteFile: (options) => answered(async () => {
      const { fileList } = await platform.deleteFiles([fileIdOf(options)]);
      return { result: fileList[0].status === 0 };
    }),
    getTempFileURL: (options) => answered(async () => platform.temporaryURLs(options && options.fileList)),
  };
}

function fileIdOf(options) {
  const given = typeof options === 'string' ? options : options && (options.fileId || options.fileID);
  if (typeof given !== 'string') throw invalidParameter('The call needs the id of a file.');
  return given;
}

module.exports = { createEmasContext };
