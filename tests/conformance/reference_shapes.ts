// References of operations that move elements, or sum them along axes.
import { at, build, type Numbers, placeOf, sizeOf } from "./reference_array.ts";

/** Axes in the order `order`. */
export function transposed(x: Numbers, order: readonly number[]): Numbers {
  return build(order.map((axis) => x.shape[axis]!), (place) => {
    const from = new Array<number>(place.length);
    order.forEach((axis, index) => from[axis] = place[index]!);
    return at(x, from);
  });
}

/** The block of `sides` that starts at `begin`. */
export function sliced(
  x: Numbers,
  begin: readonly number[],
  sides: readonly number[],
): Numbers {
  return build(
    sides,
    (place) => at(x, place.map((one, axis) => one + begin[axis]!)),
  );
}

/** Arrays one after the other along `axis`. */
export function concatenated(
  parts: readonly Numbers[],
  axis: number,
): Numbers {
  const shape = [...parts[0]!.shape];
  shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
  return build(shape, (place) => {
    let along = place[axis]!;
    for (const part of parts) {
      if (along < part.shape[axis]!) return at(part, place.with(axis, along));
      along -= part.shape[axis]!;
    }
    throw new RangeError(`no part holds place ${place}`);
  });
}

/** `value` before and behind each axis. */
export function padded(
  x: Numbers,
  paddings: readonly (readonly [number, number])[],
  value: number,
): Numbers {
  const shape = x.shape.map((side, axis) =>
    side + paddings[axis]![0] + paddings[axis]![1]
  );
  return build(shape, (place) => {
    const from = place.map((one, axis) => one - paddings[axis]![0]);
    const isInside = from.every((one, axis) =>
      one >= 0 && one < x.shape[axis]!
    );
    return isInside ? at(x, from) : value;
  });
}

/** Each axis repeated. */
export function tiled(x: Numbers, repeats: readonly number[]): Numbers {
  return build(
    x.shape.map((side, axis) => side * repeats[axis]!),
    (place) => at(x, place.map((one, axis) => one % x.shape[axis]!)),
  );
}

/** The other way round along `axes`. */
export function reversed(x: Numbers, axes: readonly number[]): Numbers {
  return build(x.shape, (place) =>
    at(
      x,
      place.map((one, axis) =>
        axes.includes(axis) ? x.shape[axis]! - 1 - one : one
      ),
    ));
}

/** Rows `ids` of a table. */
export function gathered(x: Numbers, ids: readonly number[]): Numbers {
  return build(
    [ids.length, ...x.shape.slice(1)],
    ([row, ...rest]) => at(x, [ids[row!]!, ...rest]),
  );
}

/** Sum over `axes`, divided by their size where `isMean`. */
export function summed(
  x: Numbers,
  axes: readonly number[],
  isMean = false,
): Numbers {
  const kept = [...x.shape.keys()].filter((axis) => !axes.includes(axis));
  const sides = axes.map((axis) => x.shape[axis]!);
  const count = sizeOf(sides);
  return build(kept.map((axis) => x.shape[axis]!), (place) => {
    let sum = 0;
    for (let index = 0; index < count; index++) {
      const inner = placeOf(sides, index);
      const from = new Array<number>(x.shape.length);
      kept.forEach((axis, n) => from[axis] = place[n]!);
      axes.forEach((axis, n) => from[axis] = inner[n]!);
      sum += at(x, from);
    }
    return isMean ? sum / count : sum;
  });
}

/** The same numbers under another shape. */
export function reshaped(x: Numbers, shape: readonly number[]): Numbers {
  return { shape, values: x.values };
}

/** Sums from the start of the last axis on. */
export function cumulated(x: Numbers): Numbers {
  return build(x.shape, (place) => {
    let sum = 0;
    for (let k = 0; k <= place.at(-1)!; k++) sum += at(x, place.with(-1, k));
    return sum;
  });
}

/** Exponentials over their sum, along the last axis. */
export function softmax(x: Numbers): Numbers {
  const side = x.shape.at(-1)!;
  return build(x.shape, (place) => {
    const row = Array.from(
      { length: side },
      (_, k) => at(x, place.with(-1, k)),
    );
    const most = Math.max(...row);
    const sum = row.reduce((all, one) => all + Math.exp(one - most), 0);
    return Math.exp(at(x, place) - most) / sum;
  });
}
