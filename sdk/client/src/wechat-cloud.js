'use strict';

/** The shapes of `wx.cloud`. */

const { wechat } = require('../../shared/flavours');
const { createCoupons, PAGE_STEPS } = require('../../shared/coupons');
const { wechatError, notAvailable } = require('../../shared/problems');
const { settle } = require('../../shared/callbacks');
const { UploadTask } = require('./upload-task');

// A page that names no limit gets 20 documents, as in WeChat; it may ask for up to 100.
const LIMITS = { default: 20, maximum: 100 };

/** `connect()` → the Connection; throws when the settings are incomplete. */
function createWechatCalls(connect) {
  function shaped(api, area, options, work) {
    const promise = Promise.resolve().then(() => work(connect(), options || {})).catch((error) => {
      throw wechatError(error, `cloud.${api}`, area);
    });
    return settle(promise, options);
  }

  return {
    callFunction: (options) => shaped('callFunction', 'function', options, async (connection, { name, data, timeout }) => {
      const { result, requestId } = await connection.invoke(name, data, timeout);
      return { result, errMsg: 'cloud.callFunction:ok', requestID: requestId };
    }),

    database(options) {
      try {
        return connect().database(wechat, LIMITS, options);
      } catch (error) {
        throw wechatError(error, 'cloud.database', 'database');
      }
    },

    /** With callbacks WeChat answers the task of the upload, without them a promise. */
    uploadFile(options) {
      const task = new UploadTask();
      const promise = shaped('uploadFile', 'storage', options, async (connection, { cloudPath, filePath, timeout }) => {
        const onStart = (started) => task.attach(started);
        const { fileID, statusCode } = await connection.upload({ cloudPath, file: filePath, timeout, onStart });
        return { fileID, statusCode, errMsg: 'cloud.uploadFile:ok' };
      });
      return hasCallback(options) ? task : promise;
    },

    downloadFile: (options) => shaped('downloadFile', 'storage', options, async (connection, { fileID, timeout }) => {
      const { tempFilePath, statusCode } = await connection.download({ fileID, timeout });
      return { tempFilePath, statusCode, errMsg: 'cloud.downloadFile:ok' };
    }),

    deleteFile: (options) => shaped('deleteFile', 'storage', options, async (connection, { fileList, timeout }) => {
      const answer = await connection.deleteFiles(fileList, timeout);
      return { fileList: answer.fileList, errMsg: 'cloud.deleteFile:ok', requestID: answer.requestId };
    }),

    getTempFileURL: (options) => shaped('getTempFileURL', 'storage', options, async (connection, { fileList, timeout }) => {
      const answer = await connection.temporaryURLs(fileList, timeout);
      return { fileList: answer.fileList, errMsg: 'cloud.getTempFileURL:ok', requestID: answer.requestId };
    }),

    /** Not WeChat's: coupons of Sampan, in WeChat's manner. */
    coupons: createCoupons(PAGE_STEPS, (op, options, members) => shaped(`coupons.${op}`, 'coupon', options, async (connection, { timeout }) => {
      const { answer, requestId } = await connection.coupons(op, members(), timeout);
      return Object.assign({}, answer, { errMsg: `cloud.coupons.${op}:ok`, requestID: requestId });
    })),

    callContainer: (options) => shaped('callContainer', 'function', options, async () => {
      throw notAvailable('callContainer is not available; call a function or the service\'s own address instead.');
    }),

    CloudID: (cloudID) => ({ cloudID }),

    CDN() {
      throw wechatError(notAvailable('cloud.CDN is not available; upload the file and use its fileID.'), 'cloud.CDN', 'storage');
    },
  };
}

function hasCallback(options) {
  return Boolean(options) && ['success', 'fail', 'complete'].some((name) => typeof options[name] === 'function');
}

module.exports = { createWechatCalls };
