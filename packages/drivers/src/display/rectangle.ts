/** Rectangles of pixels. */

/** Right and bottom are exclusive. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What two have in common; undefined when that is nothing. */
export function intersection(a: Rectangle, b: Rectangle): Rectangle | undefined {
  const left = Math.max(a.left, b.left);
  const top = Math.max(a.top, b.top);
  const right = Math.min(a.right, b.right);
  const bottom = Math.min(a.bottom, b.bottom);
  return left < right && top < bottom ? { left, top, right, bottom } : undefined;
}

/** The smallest one that holds both. */
export function bounds(a: Rectangle, b: Rectangle): Rectangle {
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

/** Pixels inside. */
export function area({ left, top, right, bottom }: Rectangle): number {
  return (right - left) * (bottom - top);
}

/** What of a rectangle lies outside a part of it: up to four rectangles. */
export function difference(whole: Rectangle, part: Rectangle): Rectangle[] {
  const { left, top, right, bottom } = whole;
  const rests = [
    { left, top, right, bottom: part.top },
    { left, top: part.bottom, right, bottom },
    { left, top: part.top, right: part.left, bottom: part.bottom },
    { left: part.right, top: part.top, right, bottom: part.bottom },
  ];
  return rests.filter((rest) => rest.left < rest.right && rest.top < rest.bottom);
}
