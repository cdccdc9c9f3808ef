/**
 * Circles between folders. The subfolders of each folder are compared with each other, each with
 * everything below it: an import from one to another is an arrow, and no way along the arrows may lead
 * back. A file that lies in a folder itself (its entrance, its shared types) belongs to no subfolder.
 */

/**
 * @param modules {source, dependencies: [{resolved}]}, as dependency-cruiser gives them
 * @param base before each path that counts
 * @returns the imports behind each arrow: folder → folder → imports
 */
export function folderArrows(modules, base = '') {
  const arrows = new Map();
  const withoutBase = (path) => (path.startsWith(base) ? path.slice(base.length) : undefined);
  for (const { source, dependencies } of modules) {
    for (const { resolved } of dependencies) {
      const [from, to] = [withoutBase(source), withoutBase(resolved)];
      if (from !== undefined && to !== undefined) addArrow(arrows, from, to);
    }
  }
  return arrows;
}

function addArrow(arrows, from, to) {
  const [one, other] = [from.split('/'), to.split('/')];
  let depth = 0;
  while (one[depth] === other[depth] && depth < one.length) depth += 1;
  if (depth >= one.length - 1 || depth >= other.length - 1) return;
  const [source, target] = [one, other].map((parts) => parts.slice(0, depth + 1).join('/'));
  const targets = arrows.get(source) ?? new Map();
  targets.set(target, [...(targets.get(target) ?? []), `${from} → ${to}`]);
  arrows.set(source, targets);
}

/**
 * @param exceptions arrows that may lead back, as `from → to`
 * @returns a text per fault: circles that the exceptions leave, and exceptions that nothing needs
 */
export function folderCircles(arrows, exceptions) {
  const isException = (from, to) => exceptions.includes(`${from} → ${to}`);
  const reaches = (from, to) => {
    const [open, known] = [[from], new Set([from])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const target of arrows.get(next)?.keys() ?? []) {
        if (isException(next, target) || known.has(target)) continue;
        if (target === to) return true;
        known.add(target);
        open.push(target);
      }
    }
    return false;
  };
  const all = [...arrows].flatMap(([from, targets]) =>
    [...targets].map(([to, imports]) => ({ from, to, imports })),
  );
  const circles = all
    .filter(({ from, to }) => !isException(from, to) && reaches(to, from))
    .map(({ from, to, imports }) => `circle of folders: ${from} → ${to}: ${imports[0]}`);
  const unneeded = exceptions.filter((exception) => {
    const arrow = all.find(({ from, to }) => `${from} → ${to}` === exception);
    return arrow === undefined || !reaches(arrow.to, arrow.from);
  });
  return [...circles, ...unneeded.map((one) => `exception that nothing needs: ${one}`)];
}
