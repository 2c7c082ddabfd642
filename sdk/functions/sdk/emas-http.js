'use strict';

/** `ctx.httpclient`: `request(url, options)` → `{ data, status, headers, res }`, with the options of the package urllib. */

const { tencentError, PlatformProblem } = require('../../shared/problems');

const DEFAULT_TIMEOUT_MILLISECONDS = 5000;

function createHttpClient() {
  const request = async (url, options) => {
    try {
      return await send(new URL(url), options || {});
    } catch (error) {
      throw tencentError(describeFailure(url, error));
    }
  };
  return { request, curl: request };
}

async function send(url, options) {
  const method = (options.method || options.type || 'GET').toUpperCase();
  const headers = new Headers(options.headers || {});
  const body = requestBody(url, method, headers, options);
  const timeout = Array.isArray(options.timeout) ? Math.max(...options.timeout) : options.timeout;
  const signal = AbortSignal.timeout(timeout || DEFAULT_TIMEOUT_MILLISECONDS);
  const redirect = options.followRedirect ? 'follow' : 'manual';
  const answer = await fetch(url, { method, headers, body, signal, redirect });
  const content = Buffer.from(await answer.arrayBuffer());
  const received = Object.fromEntries(answer.headers);
  const { status } = answer;
  return { data: decoded(content, options.dataType), status, headers: received, res: { status, statusCode: status, headers: received } };
}

/** `data` goes into the query of a GET, and into the body of others as a form, or as JSON where that is asked for. */
function requestBody(url, method, headers, options) {
  if (options.content !== undefined) return options.content;
  const { data } = options;
  if (data === undefined || data === null) return undefined;
  const withoutBody = method === 'GET' || method === 'HEAD';
  if (withoutBody || options.dataAsQueryString) {
    for (const [name, value] of Object.entries(data)) url.searchParams.append(name, String(value));
    return undefined;
  }
  if (typeof data === 'string' || Buffer.isBuffer(data)) return data;
  if (options.contentType === 'json') headers.set('content-type', 'application/json');
  if ((headers.get('content-type') || '').includes('json')) return JSON.stringify(data);
  return new URLSearchParams(Object.entries(data).map(([name, value]) => [name, String(value)]));
}

function decoded(content, dataType) {
  if (dataType === 'json') return content.length === 0 ? null : JSON.parse(content.toString('utf8'));
  return dataType === 'text' ? content.toString('utf8') : content;
}

function describeFailure(url, error) {
  const timedOut = error.name === 'TimeoutError';
  const reason = (error.cause && error.cause.message) || error.message;
  const detail = timedOut ? `No answer from ${url} in time.` : `The request to ${url} failed: ${reason}`;
  const problem = new PlatformProblem({ status: 502, code: timedOut ? 'TIMEOUT' : 'NETWORK', detail });
  problem.cause = error;
  return problem;
}

module.exports = { createHttpClient };
