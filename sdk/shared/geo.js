'use strict';

/** Places as both platforms' SDKs write them; they travel and are stored as GeoJSON. */

const { invalidParameter } = require('./problems');

class GeoShape {
  constructor(type, coordinates) {
    this.type = type;
    this.coordinates = coordinates;
  }

  toJSON() {
    return { type: this.type, coordinates: this.coordinates };
  }
}

class GeoPoint extends GeoShape {
  constructor(longitude, latitude) {
    checkCoordinate('longitude', longitude, 180);
    checkCoordinate('latitude', latitude, 90);
    super('Point', [longitude, latitude]);
  }

  get longitude() {
    return this.coordinates[0];
  }

  get latitude() {
    return this.coordinates[1];
  }
}

function checkCoordinate(name, value, maximum) {
  if (typeof value !== 'number' || !(Math.abs(value) <= maximum)) {
    throw invalidParameter(`${name} must be a number from -${maximum} to ${maximum}, not ${value}.`);
  }
}

const shapeClasses = {};

function shapeClass(type, minimum) {
  class Shape extends GeoShape {
    constructor(parts) {
      if (!Array.isArray(parts) || parts.length < minimum) {
        throw invalidParameter(`Geo.${type} needs an array of at least ${minimum} part${minimum === 1 ? '' : 's'}.`);
      }
      super(type, parts.map((part) => (part instanceof GeoShape ? part.coordinates : part)));
    }
  }
  shapeClasses[type] = Shape;
  return callable(Shape);
}

/** A constructor that works with and without `new`, since both are common in programs. */
function callable(Class) {
  function create() {
    return new Class(...arguments);
  }
  create.prototype = Class.prototype;
  return create;
}

shapeClasses.Point = GeoPoint;

const Geo = {
  Point: callable(GeoPoint),
  LineString: shapeClass('LineString', 2),
  Polygon: shapeClass('Polygon', 1),
  MultiPoint: shapeClass('MultiPoint', 1),
  MultiLineString: shapeClass('MultiLineString', 1),
  MultiPolygon: shapeClass('MultiPolygon', 1),
};

/** A Geo object for a GeoJSON geometry, or null when the object is something else. */
function geoFromJSON(value) {
  if (!Object.prototype.hasOwnProperty.call(shapeClasses, value.type) || !Array.isArray(value.coordinates)) return null;
  if (Object.keys(value).length !== 2) return null;
  // Made without the constructor: what is stored is shown as it is, even if it is out of range.
  const shape = Object.create(shapeClasses[value.type].prototype);
  shape.type = value.type;
  shape.coordinates = value.coordinates;
  return shape;
}

module.exports = { Geo, GeoShape, GeoPoint, geoFromJSON };
