/** What is used of des.js, which brings no types. */
declare module 'des.js' {
  export class DES {
    static create(options: {
      readonly type: 'encrypt' | 'decrypt';
      readonly key: ArrayLike<number>;
      /** False for whole blocks only. */
      readonly padding: boolean;
    }): DES;
    /** The blocks that are full. */
    update(data: ArrayLike<number>): number[];
  }
}
