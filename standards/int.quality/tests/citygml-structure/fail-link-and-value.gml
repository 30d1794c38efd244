<?xml version="1.0" encoding="UTF-8"?>
<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0" xmlns:bldg="http://www.opengis.net/citygml/building/2.0" xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink">
<gml:boundedBy><gml:Envelope srsName="EPSG:7415" srsDimension="3"><gml:lowerCorner>84000 447000 0</gml:lowerCorner><gml:upperCorner>84010 447010 10</gml:upperCorner></gml:Envelope></gml:boundedBy>
<core:cityObjectMember><bldg:Building gml:id="b1"><bldg:measuredHeight uom="m">ten</bldg:measuredHeight>
<bldg:lod1MultiSurface><gml:MultiSurface><gml:surfaceMember><gml:Polygon gml:id="p1"><gml:exterior><gml:LinearRing><gml:posList>84000 447000 0 84010 447000 0 84010 447010 0 84000 447000 0</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember><gml:surfaceMember xlink:href="#p2"/></gml:MultiSurface></bldg:lod1MultiSurface>
</bldg:Building></core:cityObjectMember></core:CityModel>
