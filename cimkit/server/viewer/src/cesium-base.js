// CesiumJS fetches its workers from here; it must be said before the library is read.
window.CESIUM_BASE_URL = "cesium/";
