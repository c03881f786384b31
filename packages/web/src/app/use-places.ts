/** The places of the navigation that the person who is signed in may see. */
import { navigation, type PlaceGroup } from './navigation.ts'
import { may, useMe } from './session.ts'

/** Groups without any visible place are left out. */
export const usePlaces = (): readonly PlaceGroup[] => {
  const me = useMe()
  return navigation
    .map((group) => ({
      ...group,
      places: group.places.filter(
        ({ scope, platform }) =>
          [scope ?? []].flat().every((each) => may(me, each)) &&
          (platform !== true || me.platformAdmin),
      ),
    }))
    .filter(({ places }) => places.length > 0)
}
