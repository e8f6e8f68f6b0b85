/** What a damaged VHDX is answered with. */

import { damageOf } from '../image/damage.ts';

export const { corrupt, readPart } = damageOf('VHDX');
