/** Somebody else saved the aggregate in between: nothing was changed; the same again, on what it is now, may succeed. */
export class VersionConflict extends Error {
  override readonly name = 'VersionConflict';
}
