// How a number of bytes is shown.

/** Decimal units, as disks are sold: `512 bytes`, `84.5 GB`; with as many decimals as asked for, else with three digits at most. */
export function formatBytes(bytes: number, decimals?: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = decimals ?? (unit === 0 || value >= 99.95 ? 0 : 1);
  return `${value.toFixed(digits)} ${units[unit]}`;
}
