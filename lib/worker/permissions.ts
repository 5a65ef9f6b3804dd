// What one step's process may touch, derived from what the step declares.
import { resolve } from "node:path";

/** The fields of a step request that decide its permissions. */
export interface PermissionSubject {
  readonly task: string;
  readonly folder: string;
  readonly lock: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly datasets: Readonly<
    Record<
      string,
      { readonly imageFolder: string; readonly captionsFile: string }
    >
  >;
  /** Path of the pipeline file; `uses` of a script step starts from its folder. */
  readonly pipeline: string;
  readonly options: {
    readonly permissions: {
      readonly read: readonly string[];
      readonly write: readonly string[];
      readonly net: readonly string[];
      readonly env: readonly string[];
    };
    readonly uses?: string;
  };
}

/** Allow lists of one step; an empty list grants nothing. Places outside the project are named `npm:…` or `code:…`. */
export interface StepPermissions {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly net: readonly string[];
  readonly env: readonly string[];
  readonly ffi: readonly string[];
  readonly sys: readonly string[];
  readonly run: readonly string[];
}

/** Least privilege of a step, as the plan shows it: the same on every machine. */
export function stepPermissions(subject: PermissionSubject): StepPermissions {
  const { permissions } = subject.options;
  return {
    read: [
      subject.folder,
      subject.lock,
      ...permissions.read.map((path) => resolve(path)),
    ],
    write: [subject.folder],
    net: permissions.net,
    env: permissions.env,
    ffi: [],
    sys: [],
    run: [],
  };
}
