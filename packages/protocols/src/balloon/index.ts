/** The memory channel: ballooning. */

export {
  BALLOON_MESSAGE_BYTES,
  BALLOON_MOST_RANGES,
  BALLOON_RANGE_PAGES,
  BalloonAcceptance,
  BalloonCapabilities,
  BalloonHeader,
  BalloonMessageType,
  BalloonPageRange,
  BalloonRequest,
  BalloonResponse,
  BalloonStatus,
  BalloonVersion,
  BalloonVersionRequest,
  UnballoonRequest,
  UnballoonResponse,
} from './messages.ts';
