/** What a damaged VHD is answered with. */

import { damageOf } from '../image/damage.ts';

export const { corrupt, readPart } = damageOf('VHD');
