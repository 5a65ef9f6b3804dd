// Places for the steps of a graph: below everything that they wait for, as few lines crossing as a simple rule gives.

/** A step and the steps that it waits for. */
export interface GraphNode {
  readonly name: string;
  readonly needs: readonly string[];
}

/** A place in rows and columns; columns may be fractions, so that a row is centred. */
export interface NodePlace {
  readonly row: number;
  readonly column: number;
}

/** Where each step stands, and how many rows and columns there are. */
export interface GraphLayout {
  readonly places: ReadonlyMap<string, NodePlace>;
  readonly rows: number;
  readonly columns: number;
}

/** Nodes beside each other before a layer goes on in the next row: a page is as wide as it is. */
const MOST_COLUMNS = 5;

/** Lays out steps that are given in an order in which they could run. */
export function layOutGraph(nodes: readonly GraphNode[]): GraphLayout {
  const layers = layersOf(nodes);
  const columnOf = new Map<string, number>();
  const places = new Map<string, NodePlace>();
  const columns = Math.min(
    MOST_COLUMNS,
    Math.max(1, ...layers.map((layer) => layer.length)),
  );
  let row = 0;
  for (const layer of layers) {
    const sorted = layer.map((node) => ({ node, wish: wishOf(node, columnOf) }))
      .sort((a, b) => a.wish - b.wish).map(({ node }) => node);
    for (let start = 0; start < sorted.length; start += columns) {
      const part = sorted.slice(start, start + columns);
      const first = (columns - part.length) / 2;
      for (const [at, node] of part.entries()) {
        columnOf.set(node.name, first + at);
        places.set(node.name, { row, column: first + at });
      }
      row++;
    }
  }
  return { places, rows: row, columns };
}

function layersOf(nodes: readonly GraphNode[]): GraphNode[][] {
  const depth = new Map<string, number>();
  const layers: GraphNode[][] = [];
  for (const node of nodes) {
    const at = Math.max(
      -1,
      ...node.needs.map((need) => depth.get(need) ?? -1),
    ) + 1;
    depth.set(node.name, at);
    (layers[at] ??= []).push(node);
  }
  return layers;
}

/** The middle of what it waits for; without anything, where the file names it. */
function wishOf(
  node: GraphNode,
  columnOf: ReadonlyMap<string, number>,
): number {
  const columns = node.needs.flatMap((need) => {
    const column = columnOf.get(need);
    return column === undefined ? [] : [column];
  });
  if (columns.length === 0) return 0;
  return columns.reduce((sum, column) => sum + column, 0) / columns.length;
}
