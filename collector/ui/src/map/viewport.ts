// Moving and scaling the picture: one layer that is moved through its style, so that a gesture draws nothing anew.

export interface At {
  x: number;
  y: number;
  k: number;
}

/** Below it names are smaller than 11 px; then only those of lanes are shown. */
export const READABLE = 0.84;
const [LEAST, MOST] = [0.15, 2.5];

export function readAt(text: string | null): At | null {
  const [x, y, k] = (text ?? "").split(",").map(Number);
  if (x === undefined || y === undefined || k === undefined || ![x, y, k].every(Number.isFinite)) return null;
  return { x, y, k: Math.min(Math.max(k, LEAST), MOST) };
}

export function writeAt({ x, y, k }: At): string {
  return `${Math.round(x)},${Math.round(y)},${Math.round(k * 1000) / 1000}`;
}

interface Size {
  width: number;
  height: number;
}

interface Place {
  x: number;
  y: number;
}

/** All of it where names stay readable so; else its beginning, or where what is worst can be seen. */
export function fitted(picture: Size, window: Size, first: Place | null): At {
  const k = Math.min(Math.max(Math.min((window.width - 16) / picture.width, (window.height - 8) / picture.height), READABLE), 1.15);
  const along = (long: number, room: number, start: number, to: number | undefined): number =>
    long * k <= room || to === undefined ? start : Math.max(Math.min(start, room * 0.4 - to * k), room - long * k - 8);
  const x = along(picture.width, window.width, Math.max((window.width - picture.width * k) / 2, 8), first?.x);
  return { x, y: along(picture.height, window.height, Math.max(Math.min((window.height - picture.height * k) / 2, 40), 4), first?.y), k };
}

/** All of it, however small. */
export function whole(picture: Size, window: Size): At {
  const k = Math.max(Math.min(window.width / picture.width, window.height / picture.height, 1.15), LEAST);
  return { x: (window.width - picture.width * k) / 2, y: Math.max((window.height - picture.height * k) / 2, 0), k };
}

export function zoomed(at: At, factor: number, x: number, y: number): At {
  const k = Math.min(Math.max(at.k * factor, LEAST), MOST);
  return { k, x: x - ((x - at.x) * k) / at.k, y: y - ((y - at.y) * k) / at.k };
}

/** Watches gestures on `frame` and tells each new place; `rest` when the reader lets go. */
export function gestures(frame: HTMLElement, now: () => At, move: (at: At) => void, rest: () => void): () => void {
  let resting: ReturnType<typeof setTimeout> | undefined;
  const moved = (at: At): void => {
    move(at);
    clearTimeout(resting);
    resting = setTimeout(rest, 150);
  };
  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const at = now();
    if (event.ctrlKey || event.metaKey) {
      const box = frame.getBoundingClientRect();
      moved(zoomed(at, Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top));
    } else {
      const [dx, dy] = event.shiftKey ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
      moved({ ...at, x: at.x - dx, y: at.y - dy });
    }
  };
  let drag: { x: number; y: number; at: At; id: number; isMoving: boolean } | null = null;
  const down = (event: PointerEvent): void => {
    if (event.button === 0) drag = { x: event.clientX, y: event.clientY, at: now(), id: event.pointerId, isMoving: false };
  };
  const pointer = (event: PointerEvent): void => {
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    // A click that trembles is no drag.
    if (!drag.isMoving && Math.hypot(dx, dy) < 4) return;
    if (!drag.isMoving) frame.setPointerCapture(drag.id);
    drag.isMoving = true;
    moved({ ...drag.at, x: drag.at.x + dx, y: drag.at.y + dy });
  };
  const up = (): void => {
    drag = null;
  };
  frame.addEventListener("wheel", wheel, { passive: false });
  frame.addEventListener("pointerdown", down);
  frame.addEventListener("pointermove", pointer);
  frame.addEventListener("pointerup", up);
  frame.addEventListener("pointercancel", up);
  return () => {
    clearTimeout(resting);
    frame.removeEventListener("wheel", wheel);
    frame.removeEventListener("pointerdown", down);
    frame.removeEventListener("pointermove", pointer);
    frame.removeEventListener("pointerup", up);
    frame.removeEventListener("pointercancel", up);
  };
}
