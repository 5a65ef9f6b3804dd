// Arrays of float64 numbers, row-major: what the references of the conformance suite compute on. No tensor library.

/** An array and its shape. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** Product of the sides. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** An array whose element at `place` is `valueAt(place, index)`. */
export function build(
  shape: readonly number[],
  valueAt: (place: readonly number[], index: number) => number,
): Numbers {
  const values = new Float64Array(sizeOf(shape));
  for (let index = 0; index < values.length; index++) {
    values[index] = valueAt(placeOf(shape, index), index);
  }
  return { shape, values };
}

/** The coordinates of the element number `index`. */
export function placeOf(shape: readonly number[], index: number): number[] {
  const place = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = index % shape[axis]!;
    index = Math.floor(index / shape[axis]!);
  }
  return place;
}

/** The number of the element at `place`. */
export function indexOf(
  shape: readonly number[],
  place: readonly number[],
): number {
  return place.reduce((index, at, axis) => index * shape[axis]! + at, 0);
}

/** The element at `place`. */
export function at(
  { shape, values }: Numbers,
  place: readonly number[],
): number {
  return values[indexOf(shape, place)]!;
}

/** Shape of two arrays after broadcasting. */
export function broadcastShape(
  left: readonly number[],
  right: readonly number[],
): number[] {
  const rank = Math.max(left.length, right.length);
  return Array.from({ length: rank }, (_, axis) => {
    const a = left[axis - rank + left.length] ?? 1;
    const b = right[axis - rank + right.length] ?? 1;
    return a === 1 ? b : a;
  });
}

/** The element that stands at `place` of the broadcast array. */
export function atBroadcast(array: Numbers, place: readonly number[]): number {
  const { shape } = array;
  const own = place.slice(place.length - shape.length)
    .map((one, axis) => shape[axis] === 1 ? 0 : one);
  return at(array, own);
}
