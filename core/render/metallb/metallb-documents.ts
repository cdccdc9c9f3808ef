/** MetalLB's objects as documents for kubectl. */
import { usualNamespace, type DesiredMetalLb } from '../../metallb/objects.ts';
import { printable } from '../../printable.ts';
import { describeReasons } from '../../resolve/describe-reason.ts';
import { yamlText } from '../../yaml-text.ts';
import { objectContent } from './object-content.ts';

/** One text per object, without the `---` between documents. */
export function metalLbDocuments({
  namespace = usualNamespace,
  objects,
}: DesiredMetalLb): readonly string[] {
  return objects.map((object) => {
    const because = describeReasons([
      { rule: `metallb ${object.kind} ${object.name}`, place: object.place },
    ]);
    return `# because: ${printable(because)}\n${yamlText(objectContent(object, namespace))}`;
  });
}
