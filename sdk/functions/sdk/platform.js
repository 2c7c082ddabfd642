'use strict';

/**
 * What every flavour of the function SDK is made of: the calls to the server, free of any platform's shapes.
 * `link` is the worker's side: `call(method, parameters, attachment)` → promise of bytes, `current()` → the
 * running invocation, `settings` of the function.
 */

const fs = require('fs');
const { createDatabase } = require('../../shared/database');
const { invalidParameter } = require('../../shared/problems');

const DEFAULT_LIMIT = 100;
const MAXIMUM_LIMIT = 1000;
const MAXIMUM_FILES = 50;
const MAXIMUM_UPLOAD_BYTES = 63 * 1024 * 1024;

class Platform {
  constructor(link) {
    this.link = link;
    this.warnedAboutEnvironment = false;
  }

  /** Facts about the running call; empty for code that runs outside of one (while the module loads, say). */
  meta() {
    const invocation = this.link.current();
    return invocation === undefined ? { env: this.link.settings.env } : invocation.meta;
  }

  requestId() {
    const invocation = this.link.current();
    return invocation === undefined ? '' : invocation.meta.requestId || '';
  }

  database(flavour, options) {
    const execute = async (operation) => (await this.link.call('database', operation)).toString('utf8');
    return createDatabase(execute, {
      flavour,
      defaultLimit: DEFAULT_LIMIT,
      maximumLimit: MAXIMUM_LIMIT,
      requestId: () => this.requestId(),
      throwOnNotFound: options && options.throwOnNotFound,
    });
  }

  /** A function belongs to one environment. Programs name the one they had before; that name has no effect here. */
  noteEnvironment(named) {
    const own = this.link.settings.env;
    if (typeof named !== 'string' || named === own || this.warnedAboutEnvironment) return;
    this.warnedAboutEnvironment = true;
    console.info(`init names the environment ${named}; this function runs in ${own} and uses that one.`);
  }

  async callFunction(name, data) {
    if (typeof name !== 'string' || name === '') throw invalidParameter('callFunction needs {name: string}.');
    const bytes = await this.link.call('callFunction', { name, data: data === undefined ? {} : data });
    return bytes.length === 0 ? null : JSON.parse(bytes.toString('utf8'));
  }

  /** A step of coupons, or a look at them. */
  async coupons(op, members) {
    return parse(await this.link.call('coupons', Object.assign({}, members, { op })));
  }

  async upload(cloudPath, content) {
    if (typeof cloudPath !== 'string' || cloudPath === '') throw invalidParameter('uploadFile needs {cloudPath: string}.');
    const bytes = await contentBytes(content);
    if (bytes.length > MAXIMUM_UPLOAD_BYTES) {
      throw invalidParameter(`The file has ${bytes.length} bytes; a function can upload at most ${MAXIMUM_UPLOAD_BYTES}.`, 'FILE_TOO_LARGE');
    }
    return parse(await this.link.call('file.upload', { cloudPath }, bytes));
  }

  async download(fileID) {
    if (typeof fileID !== 'string' || fileID === '') throw invalidParameter('downloadFile needs {fileID: string}.');
    return this.link.call('file.download', { fileID });
  }

  async deleteFiles(fileList) {
    return parse(await this.link.call('file.delete', { fileList: checkedFiles(fileList) }));
  }

  async temporaryURLs(fileList) {
    return parse(await this.link.call('file.urls', { fileList: checkedFiles(fileList) }));
  }

  /** Calls an API of Alipay or WeChat; answers the gateway's JSON, or its bytes when it answers a picture. */
  async openapi(request) {
    const bytes = await this.link.call('openapi', request);
    if (bytes.length === 0) return {};
    if (bytes[0] === 0x7b || bytes[0] === 0x5b) return parse(bytes);
    return { buffer: bytes, contentType: pictureType(bytes) };
  }

  async pay(api, parameters) {
    return parse(await this.link.call('pay', { api, params: parameters }));
  }
}

function parse(bytes) {
  return bytes.length === 0 ? {} : JSON.parse(bytes.toString('utf8'));
}

function checkedFiles(fileList) {
  if (!Array.isArray(fileList)) throw invalidParameter('fileList must be an array of fileIDs.');
  if (fileList.length > MAXIMUM_FILES) {
    throw invalidParameter(`fileList has ${fileList.length} files; at most ${MAXIMUM_FILES} go into one call.`, 'TOO_MANY_FILES');
  }
  return fileList;
}

/** Buffers, strings and streams (`fs.createReadStream`) can be uploaded. */
async function contentBytes(content) {
  if (Buffer.isBuffer(content)) return content;
  if (content instanceof Uint8Array) return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (typeof content === 'string') return Buffer.from(content);
  if (content && typeof content[Symbol.asyncIterator] === 'function') return streamBytes(content);
  throw invalidParameter('uploadFile needs fileContent: a Buffer, a string or a readable stream.');
}

async function streamBytes(stream) {
  const chunks = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    size += bytes.length;
    if (size > MAXIMUM_UPLOAD_BYTES) throw invalidParameter(`The stream has more than ${MAXIMUM_UPLOAD_BYTES} bytes.`, 'FILE_TOO_LARGE');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, size);
}

/** The content of a file of the function's own file system, for SDKs that take a `filePath`. */
async function localFile(filePath) {
  try {
    return await fs.promises.readFile(filePath);
  } catch (error) {
    throw invalidParameter(`The file ${filePath} cannot be read: ${error.message}`, 'LOCAL_FILE_FAILED');
  }
}

function pictureType(bytes) {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return 'image/png';
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'image/jpeg';
  return 'application/octet-stream';
}

module.exports = { Platform, localFile };
