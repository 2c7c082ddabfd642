'use strict';

/** Base64 without `Buffer` and `btoa`, which mini programs do not have. */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
// String.fromCharCode and join take only so many values at once.
const TRIPLES_A_PIECE = 4096;

/** The bytes of an ArrayBuffer or of a view of one, without copying them. */
function bytesOf(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return new Uint8Array(value);
}

/** Bytes as base64 text. */
function encodeBase64(value) {
  const bytes = bytesOf(value);
  if (typeof Buffer === 'function') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  const pieces = [];
  for (let start = 0; start < bytes.length; start += TRIPLES_A_PIECE * 3) {
    pieces.push(encodePiece(bytes, start, Math.min(bytes.length, start + TRIPLES_A_PIECE * 3)));
  }
  return pieces.join('');
}

function encodePiece(bytes, start, end) {
  let text = '';
  for (let index = start; index < end; index += 3) {
    const left = end - index;
    const triple = (bytes[index] << 16) | ((left > 1 ? bytes[index + 1] : 0) << 8) | (left > 2 ? bytes[index + 2] : 0);
    text += LETTERS[triple >> 18] + LETTERS[(triple >> 12) & 63];
    text += left > 1 ? LETTERS[(triple >> 6) & 63] : '=';
    text += left > 2 ? LETTERS[triple & 63] : '=';
  }
  return text;
}

/** The bytes of a base64 text: a Buffer where there is Node, otherwise a Uint8Array. */
function decodeBase64(text) {
  if (typeof Buffer === 'function') return Buffer.from(text, 'base64');
  const letters = text.replace(/[^A-Za-z0-9+/]/g, '');
  const bytes = new Uint8Array(Math.floor(letters.length * 3 / 4));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let index = 0; index < letters.length; index += 1) {
    held = ((held << 6) | LETTERS.indexOf(letters[index])) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = (held >> bits) & 255;
      at += 1;
    }
  }
  return bytes;
}

module.exports = { encodeBase64, decodeBase64 };
