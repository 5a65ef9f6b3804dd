// Tensors in lots that an engine works on at once: so many that its calls cost little, so few that their results fit beside them.

/** Numbers of a lot at most, 4 MiB; a larger tensor is a lot of its own. */
const MOST_NUMBERS = 2 ** 20;

/** All items in their order, in lots. */
export function lotsOf<T>(
  items: Iterable<T>,
  sizeOf: (item: T) => number,
): T[][] {
  const lots: T[][] = [];
  let numbers = Infinity;
  for (const item of items) {
    numbers += sizeOf(item);
    if (numbers <= MOST_NUMBERS) lots.at(-1)!.push(item);
    else {
      lots.push([item]);
      numbers = sizeOf(item);
    }
  }
  return lots;
}
