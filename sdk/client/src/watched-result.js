'use strict';

/**
 * The documents of one watched query, kept up to date from the server's messages (docs/api/wire.md, Watch): what a page's
 * `onChange` is told, in WeChat's shape. Knows nothing of connections.
 */

const { define } = require('../../shared/typed-values');

class WatchedResult {
  /** `ordered`: the query has an order; without one, documents stay in the order in which they came. `decode` revives values. */
  constructor(ordered, decode) {
    this.ordered = ordered;
    this.decode = decode;
    // id → {doc, text}; the text is the document as it came, which pages cannot change.
    this.entries = null;
    this.snapshots = 0;
    this.changes = 0;
  }

  /** Everything, at the beginning or because the server no longer knows what was told. Answers a snapshot, or null when nothing is new. */
  begin(docs) {
    const found = new Map();
    for (const doc of docs) found.set(keyOf(doc._id), this.entryOf(doc));
    if (this.entries !== null) return this.catchUp(found);
    this.entries = found;
    const changes = Array.from(found.values(), ({ doc }) => this.change('init', 'init', doc._id, doc));
    return this.snapshot(changes, 'init');
  }

  /** What differs from what the page was told, as if it had been told at the time. */
  catchUp(found) {
    const changes = [];
    for (const [key, { doc }] of this.entries) {
      if (!found.has(key)) changes.push(this.change('dequeue', 'remove', doc._id, doc));
    }
    for (const [key, entry] of found) {
      const had = this.entries.get(key);
      if (had === undefined) changes.push(this.change('enqueue', 'add', entry.doc._id, entry.doc));
      else if (had.text !== entry.text) changes.push(this.updated(had, entry));
      else found.set(key, had);
    }
    this.entries = this.ordered ? found : inEarlierOrder(this.entries, found);
    return changes.length === 0 ? null : this.snapshot(changes);
  }

  updated(had, entry) {
    return Object.assign(this.change('update', 'update', entry.doc._id, entry.doc), difference(had, entry));
  }

  /** What has changed; `order` has all ids as they are now. Answers a snapshot, or null when the page knows it all. */
  next(events, order) {
    const changes = [];
    for (const event of events) {
      const change = this.take(event);
      if (change !== null) changes.push(change);
    }
    if (this.ordered && order !== undefined) this.arrange(order);
    return changes.length === 0 ? null : this.snapshot(changes);
  }

  take(event) {
    const key = keyOf(event.docId);
    const entry = this.entryOf(event.doc);
    const had = this.entries.get(key);
    if (event.queueType === 'dequeue') {
      if (!this.entries.delete(key)) return null;
    } else {
      if (had !== undefined && had.text === entry.text) return null;
      this.entries.set(key, entry);
    }
    const change = this.change(event.queueType, event.dataType, event.docId, entry.doc);
    // The server names whole fields, and none of what changed while the connection was broken; pages want paths.
    if (event.queueType === 'update' && event.dataType === 'update' && had !== undefined) Object.assign(change, difference(had, entry));
    return change;
  }

  arrange(order) {
    const arranged = new Map();
    for (const id of order) {
      const key = keyOf(id);
      if (this.entries.has(key)) arranged.set(key, this.entries.get(key));
    }
    this.entries = arranged;
  }

  entryOf(doc) {
    const text = JSON.stringify(doc);
    return { text, doc: this.decode(doc) };
  }

  change(queueType, dataType, docId, doc) {
    const change = { id: this.changes, queueType, dataType, docId, doc };
    this.changes += 1;
    return change;
  }

  snapshot(docChanges, type) {
    const snapshot = { id: this.snapshots };
    if (type !== undefined) snapshot.type = type;
    snapshot.docs = Array.from(this.entries.values(), ({ doc }) => doc);
    snapshot.docChanges = docChanges;
    this.snapshots += 1;
    return snapshot;
  }
}

/**
 * The fields of a document that are others than before, and those that are gone, by their paths: `room.players`, as WeChat's watch
 * names them. A list is one value.
 */
function difference(had, entry) {
  const found = { updatedFields: {}, removedFields: [] };
  compare(JSON.parse(had.text), JSON.parse(entry.text), entry.doc, '', found);
  return found;
}

function compare(before, after, decoded, prefix, found) {
  for (const key of Object.keys(after)) {
    const was = own(before, key) ? before[key] : undefined;
    if (JSON.stringify(was) === JSON.stringify(after[key])) continue;
    // What an update says of a field that was not there, it says of the fields in it.
    const opens = isFields(after[key]) && Object.keys(after[key]).length > 0 && (was === undefined || isFields(was));
    if (opens) compare(was || {}, after[key], decoded[key], `${prefix}${key}.`, found);
    else define(found.updatedFields, `${prefix}${key}`, decoded[key]);
  }
  for (const key of Object.keys(before)) if (!own(after, key)) found.removedFields.push(`${prefix}${key}`);
}

/** Whether a value, as it travels, is an object with fields: no list, no date or other typed value, no place. */
function isFields(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (own(value, 'type') && own(value, 'coordinates')) return false;
  return !Object.keys(value).some((key) => key.startsWith('$'));
}

function own(object, key) {
  return Object.prototype.hasOwnProperty.call(object, key);
}

/** A number and its decimal text name the same document. */
function keyOf(id) {
  return String(id);
}

/** The documents that were there already keep their places; new ones come after them. */
function inEarlierOrder(earlier, found) {
  const arranged = new Map();
  for (const key of earlier.keys()) {
    if (found.has(key)) arranged.set(key, found.get(key));
  }
  for (const [key, entry] of found) arranged.set(key, entry);
  return arranged;
}

module.exports = { WatchedResult };
