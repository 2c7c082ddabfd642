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
    super('Point', checkPosition([longitude, latitude]));
  }

  get longitude() {
    return this.coordinates[0];
  }

  get latitude() {
    return this.coordinates[1];
  }
}

function checkPosition(position) {
  if (!Array.isArray(position) || position.length < 2) throw invalidParameter('A position is [longitude, latitude] or a Geo.Point.');
  checkCoordinate('longitude', position[0], 180);
  checkCoordinate('latitude', position[1], 90);
  return position;
}

function checkCoordinate(name, value, maximum) {
  if (typeof value !== 'number' || !(Math.abs(value) <= maximum)) {
    throw invalidParameter(`${name} must be a number from -${maximum} to ${maximum}, not ${value}.`);
  }
}

function checkLine(positions) {
  if (positions.length < 2) throw invalidParameter('A line has at least 2 positions.');
  return positions.map(checkPosition);
}

function checkRing(positions) {
  const line = checkLine(positions);
  const last = line[line.length - 1];
  if (line[0][0] !== last[0] || line[0][1] !== last[1]) throw invalidParameter('A line of a polygon ends where it begins.');
  return line;
}

const shapeClasses = {};

/**
 * A shape of other shapes. `part`: the name of the getter that answers them, and of the class they have; `check` looks at
 * the coordinates of one of them.
 */
function shapeClass(type, part, minimum, check) {
  class Shape extends GeoShape {
    constructor(parts) {
      if (!Array.isArray(parts) || parts.length < minimum) {
        throw invalidParameter(`Geo.${type} needs an array of at least ${minimum} part${minimum === 1 ? '' : 's'}.`);
      }
      super(type, parts.map((given) => check(coordinatesOf(type, given, part.type))));
    }
  }
  Object.defineProperty(Shape.prototype, part.name, {
    get() {
      return this.coordinates.map((coordinates) => shapeOf(part.type, coordinates));
    },
  });
  shapeClasses[type] = Shape;
  return callable(Shape);
}

function coordinatesOf(type, given, partType) {
  const isShape = typeof given === 'object' && given !== null && Array.isArray(given.coordinates);
  if (isShape && given.type !== partType) throw invalidParameter(`Geo.${type} is made of ${partType}s, not of ${given.type}s.`);
  const coordinates = isShape ? given.coordinates : given;
  if (!Array.isArray(coordinates)) throw invalidParameter(`Geo.${type} is made of ${partType}s.`);
  return coordinates;
}

/** Made without the constructor: what is stored is shown as it is, even if it is out of range. */
function shapeOf(type, coordinates) {
  const shape = Object.create(shapeClasses[type].prototype);
  shape.type = type;
  shape.coordinates = coordinates;
  return shape;
}

/** A constructor that works with and without `new`, since both are common in programs. */
function callable(Class) {
  function create() {
    return new Class(...arguments);
  }
  create.prototype = Class.prototype;
  return create;
}

const checkPolygon = (lines) => {
  if (lines.length === 0) throw invalidParameter('A polygon has at least 1 line.');
  return lines.map((line) => checkRing(coordinatesOf('Polygon', line, 'LineString')));
};

shapeClasses.Point = GeoPoint;

const Geo = {
  Point: callable(GeoPoint),
  LineString: shapeClass('LineString', { name: 'points', type: 'Point' }, 2, checkPosition),
  Polygon: shapeClass('Polygon', { name: 'lines', type: 'LineString' }, 1, checkRing),
  MultiPoint: shapeClass('MultiPoint', { name: 'points', type: 'Point' }, 1, checkPosition),
  MultiLineString: shapeClass('MultiLineString', { name: 'lines', type: 'LineString' }, 1, checkLine),
  MultiPolygon: shapeClass('MultiPolygon', { name: 'polygons', type: 'Polygon' }, 1, checkPolygon),
};

/** A Geo object for a GeoJSON geometry, or null when the object is something else. */
function geoFromJSON(value) {
  if (!Object.prototype.hasOwnProperty.call(shapeClasses, value.type) || !Array.isArray(value.coordinates)) return null;
  if (Object.keys(value).length !== 2) return null;
  return shapeOf(value.type, value.coordinates);
}

module.exports = { Geo, GeoShape, GeoPoint, geoFromJSON };
